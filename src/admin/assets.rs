//! The stylesheet, the script and the icon. Their names change with their contents, so that a browser can
//! keep them for as long as it likes.

use crate::http::{
    header,
    response::{self, Response},
};
use http::StatusCode;
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

/// A file that pages refer to.
#[derive(Debug, PartialEq, Eq)]
pub struct Asset {
    stem: &'static str,
    extension: &'static str,
    media_type: &'static str,
    content: &'static str,
}

/// The stylesheet.
pub static STYLE: Asset = Asset {
    stem: "style",
    extension: "css",
    media_type: "text/css; charset=utf-8",
    content: include_str!("assets/style.css"),
};

/// The script, without which every page works.
pub static SCRIPT: Asset = Asset {
    stem: "script",
    extension: "js",
    media_type: "text/javascript; charset=utf-8",
    content: include_str!("assets/script.js"),
};

/// The icon of the pages.
pub static ICON: Asset = Asset {
    stem: "icon",
    extension: "svg",
    media_type: "image/svg+xml",
    content: include_str!("assets/icon.svg"),
};

const ALL: [&Asset; 3] = [&STYLE, &SCRIPT, &ICON];

const LONG_LIVED: &str = "public, max-age=31536000, immutable";

/// How many bytes of the digest are in a name.
const DIGEST_BYTES: usize = 6;

/// One for all of them: they belong together.
static DIGEST: LazyLock<String> = LazyLock::new(|| {
    let digest = ALL.iter().fold(Sha256::new(), |digest, asset| {
        digest.chain_update(asset.content)
    });
    let digest = digest.finalize();
    base16ct::lower::encode_string(digest.get(..DIGEST_BYTES).unwrap_or_default())
});

impl Asset {
    /// The asset with this file name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|asset| asset.name() == name)
    }

    /// Where it is.
    pub fn path(&self) -> String {
        format!("/_admin/assets/{}", self.name())
    }

    fn name(&self) -> String {
        format!("{}.{}.{}", self.stem, *DIGEST, self.extension)
    }
}

/// `GET /_admin/assets/{name}`: for anybody, and for as long as a browser likes.
pub fn answer(asset: &'static Asset) -> Response {
    response::full(StatusCode::OK, asset.media_type, asset.content.into())
        .with(header::CACHE_CONTROL, LONG_LIVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_under_its_own_name_only() {
        for asset in ALL {
            let path = asset.path();
            let name = path.strip_prefix("/_admin/assets/").unwrap();
            assert_eq!(Asset::named(name), Some(asset));
            let other = name.replace(DIGEST.as_str(), "000000000000");
            assert_eq!(Asset::named(&other), None);
        }
    }
}
