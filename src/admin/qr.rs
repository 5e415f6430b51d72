//! `GET /_admin/links/{short}/qr.svg`: the short URL as a QR code (ISO/IEC 18004).

use crate::{
    api::{context::Context, problem::Problem},
    http::response::{self, Response},
    platform::Platform,
    store::KeyValue,
};
use anyhow::Context as _;
use http::StatusCode;
use qrcode::{EcLevel, QrCode, render::svg, types::QrError};

const SVG: &str = "image/svg+xml";

/// How many pixels a module has where the image is shown in its own size.
const MODULE: u32 = 8;

/// The image; `404` without such a link.
pub async fn answer<S: KeyValue, P: Platform>(
    context: &Context<'_, S, P>,
    short: &str,
) -> Result<Response, Problem> {
    let stored = context.find(short).await?;
    let url = context.view_of_new(&stored).short_url;
    let svg = draw(&url.ok_or(Problem::NotFound)?)
        .context("a QR code")
        .map_err(Problem::Internal)?;
    Ok(response::full(StatusCode::OK, SVG, svg.into()))
}

/// With error correction of level M, which restores 15 %, and the quiet zone of 4 modules that readers need.
fn draw(text: &str) -> Result<String, QrError> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let mut image = code.render::<svg::Color<'_>>();
    Ok(image
        .quiet_zone(true)
        .module_dimensions(MODULE, MODULE)
        .build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_url_has_a_code_with_a_quiet_zone_of_four_modules() {
        let url = "https://sho.rt/abcdefg";
        let modules = QrCode::with_error_correction_level(url, EcLevel::M)
            .unwrap()
            .width();
        let svg = draw(url).unwrap();
        let width = (modules + 2 * 4) * MODULE as usize;
        assert!(
            svg.contains(&format!(r#"viewBox="0 0 {width} {width}""#)),
            "{svg}"
        );
        // The first dark module is that far from the edges.
        assert!(svg.contains("M32 32"), "{svg}");
    }

    #[test]
    fn the_longest_short_url_has_a_code() {
        let host = format!("{}.example", "a.".repeat(120));
        let url = format!("https://{host}/{}", "%F0%90%8D%88".repeat(64));
        assert!(draw(&url).is_ok());
    }
}
