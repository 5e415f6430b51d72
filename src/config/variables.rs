//! The Spin variables: what each may be, and which setting it is.

use super::{BaseUrl, Config, Robots};
use crate::{
    clicks::Counting,
    domain::{Destination, HostRule, HostRuleError, SchemeError, Schemes},
    exclusive::Claims,
    http::cors::{InvalidOrigin, Origins},
    telemetry::Level,
};
use http::StatusCode;

/// The rule that an invalid value breaks, in words.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule(pub String);

/// Applies a variable's text to the settings, or returns the rule it breaks and leaves them
/// unchanged.
pub type Apply = fn(&mut Config, &str) -> Result<(), Rule>;

/// What a redirect needs. The WASI 0.2 build reads these for each one.
pub const REDIRECT_VARIABLES: [(&str, Apply); 7] = [
    ("redirect_status", |config, text| {
        config.redirect_status = match text {
            "301" => StatusCode::MOVED_PERMANENTLY,
            "302" => StatusCode::FOUND,
            "307" => StatusCode::TEMPORARY_REDIRECT,
            "308" => StatusCode::PERMANENT_REDIRECT,
            _ => return Err(Rule::of("must be 301, 302, 307 or 308")),
        };
        Ok(())
    }),
    ("redirect_cache_control", |config, text| {
        config.redirect_cache_control = header_value(text)?;
        Ok(())
    }),
    ("log_level", |config, text| {
        config.log_level = match text {
            "error" => Level::ERROR,
            "warn" => Level::WARN,
            "info" => Level::INFO,
            "debug" => Level::DEBUG,
            _ => return Err(Rule::of("must be error, warn, info or debug")),
        };
        Ok(())
    }),
    ("log_redirects", |config, text| {
        config.log_redirects = switch(text)?;
        Ok(())
    }),
    ("clicks", |config, text| {
        config.clicks = match text {
            "off" => Counting::Off,
            "total" => Counting::Total,
            "daily" => Counting::Daily,
            _ => return Err(Rule::of("must be off, total or daily")),
        };
        Ok(())
    }),
    ("unicode_codes", |config, text| {
        config.links.codes.unicode = switch(text)?;
        Ok(())
    }),
    ("case_insensitive_codes", |config, text| {
        config.links.codes.ignore_case = switch(text)?;
        Ok(())
    }),
];

/// What a redirect needs as well if clicks are counted.
pub const CLAIMS: (&str, Apply) = ("claims", |config, text| {
    config.claims = match text {
        "auto" => Claims::Auto,
        "optimistic" => Claims::Optimistic,
        _ => return Err(Rule::of("must be auto or optimistic")),
    };
    Ok(())
});

/// What everything else needs.
pub const OTHER_VARIABLES: [(&str, Apply); 10] = [
    ("base_url", |config, text| {
        config.base_url = optional(text, BaseUrl::parse)?;
        Ok(())
    }),
    ("root_url", |config, text| {
        config.root_url = optional(text, root_url)?;
        Ok(())
    }),
    ("robots", |config, text| {
        config.robots = match text {
            "disallow" => Robots::Disallow,
            "allow" => Robots::Allow,
            _ => return Err(Rule::of("must be disallow or allow")),
        };
        Ok(())
    }),
    ("cors_origins", |config, text| {
        config.cors_origins = Origins::parse_list(text)?;
        Ok(())
    }),
    ("allowed_hosts", |config, text| {
        config.hosts.allowed = HostRule::parse_list(text)?;
        Ok(())
    }),
    ("blocked_hosts", |config, text| {
        config.hosts.blocked = HostRule::parse_list(text)?;
        Ok(())
    }),
    ("private_hosts", |config, text| {
        config.hosts.refuses_private = match text {
            "allow" => false,
            "refuse" => true,
            _ => return Err(Rule::of("must be allow or refuse")),
        };
        Ok(())
    }),
    ("extra_schemes", |config, text| {
        config.links.schemes = Schemes::parse_list(text)?;
        Ok(())
    }),
    ("code_length", |config, text| {
        config.code_length = text
            .parse()
            .ok()
            .filter(|length| (4..=32).contains(length))
            .ok_or(Rule::of("must be a whole number from 4 to 32"))?;
        Ok(())
    }),
    CLAIMS,
];

fn switch(text: &str) -> Result<bool, Rule> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Rule::of("must be true or false")),
    }
}

fn optional<T>(text: &str, parse: fn(&str) -> Result<T, Rule>) -> Result<Option<T>, Rule> {
    match text {
        "" => Ok(None),
        given => parse(given).map(Some),
    }
}

/// Accepts the value of a header field (RFC 9110 section 5.5), in ASCII only.
fn header_value(text: &str) -> Result<String, Rule> {
    let is_allowed = |c: char| c.is_ascii_graphic() || matches!(c, ' ' | '\t');
    if text.is_empty() || !text.chars().all(is_allowed) {
        return Err(Rule::of("must be a header value: visible ASCII, not empty"));
    }
    Ok(text.to_owned())
}

fn root_url(text: &str) -> Result<String, Rule> {
    let destination = Destination::parse(text).map_err(|error| Rule(error.to_string()))?;
    Ok(destination.as_str().to_owned())
}

impl Rule {
    pub fn of(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<HostRuleError> for Rule {
    fn from(error: HostRuleError) -> Self {
        Self(error.to_string())
    }
}

impl From<InvalidOrigin> for Rule {
    fn from(_: InvalidOrigin) -> Self {
        Self::of(InvalidOrigin::RULE)
    }
}

impl From<SchemeError> for Rule {
    fn from(error: SchemeError) -> Self {
        Self(error.to_string())
    }
}
