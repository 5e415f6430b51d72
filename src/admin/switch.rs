//! Whether there is an admin page at all: the Spin variable `admin_page`. Only this component reads it, and
//! it reads it anew for every request, so that a change takes effect at once.

use crate::{api::problem::Problem, config::InvalidVariable, platform::Platform};
use anyhow::anyhow;

/// The variable's name.
const ADMIN_PAGE: &str = "admin_page";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    On,
    Off,
}

/// What the operator has set.
pub async fn read(platform: &impl Platform) -> Result<Switch, Problem> {
    match platform.variable(ADMIN_PAGE).await {
        Ok(text) => match text.trim() {
            "on" => Ok(Switch::On),
            "off" => Ok(Switch::Off),
            _ => Err(Problem::Misconfigured(vec![InvalidVariable {
                variable: ADMIN_PAGE,
                rule: "must be on or off".to_owned(),
            }])),
        },
        Err(error) => Err(Problem::Unavailable(anyhow!(error).context(ADMIN_PAGE))),
    }
}
