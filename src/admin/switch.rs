//! Whether there is an admin page at all: the Spin variable `admin_page`. Only this component reads it, and
//! it reads it anew for every request, so that a change takes effect at once.

use crate::{api::problem::Problem, config::InvalidVariable, platform::Platform};
use anyhow::anyhow;

pub const ADMIN_PAGE: &str = "admin_page";

/// Refuses where the operator has switched the page off.
pub async fn ensure_on(platform: &impl Platform) -> Result<(), Problem> {
    match platform.variable(ADMIN_PAGE).await {
        Ok(text) => match text.trim() {
            "on" => Ok(()),
            "off" => Err(Problem::NotFound),
            _ => Err(Problem::Misconfigured(vec![InvalidVariable {
                variable: ADMIN_PAGE,
                rule: "must be on or off".to_owned(),
            }])),
        },
        Err(error) => Err(Problem::Unavailable(anyhow!(error).context(ADMIN_PAGE))),
    }
}
