//! The operator's settings, read from Spin variables once per instance: first those that a redirect
//! needs, the others when something else does.
//!
//! An invalid value must never take redirects down. It is replaced by its default and recorded in
//! [`Config::invalid`], and the API answers `503 misconfigured` until it is fixed. While a variable
//! cannot be read ([`Config::unread`]), the API answers `503 unavailable`. The admin tokens and the keys
//! are not part of the settings, because every API request reads them again (see `auth`).

mod base_url;
mod variables;

pub use base_url::BaseUrl;

use crate::{
    clicks::Counting,
    domain::{HostPolicy, LinkRules},
    exclusive::Claims,
    http::cors::Origins,
    platform::Platform,
    telemetry::Level,
};
use http::StatusCode;
use std::fmt;
use variables::{Apply, CLAIMS, OTHER_VARIABLES, REDIRECT_VARIABLES, Rule};

/// The operator's settings, or the defaults of `spin.toml`.
#[derive(Clone, Debug)]
pub struct Config {
    /// The shortener's public origin. Never taken from a request.
    pub base_url: Option<BaseUrl>,
    /// 301, 302, 307 or 308.
    pub redirect_status: StatusCode,
    /// The `Cache-Control` (RFC 9111 section 5.2) of a redirect.
    pub redirect_cache_control: String,
    /// Where `/` redirects.
    pub root_url: Option<String>,
    pub robots: Robots,
    /// The origins whose pages may use the API.
    pub cors_origins: Origins,
    /// Where links may lead.
    pub hosts: HostPolicy,
    pub links: LinkRules,
    /// The length of a generated code, in characters.
    pub code_length: usize,
    pub claims: Claims,
    pub clicks: Counting,
    /// Events less severe than this are dropped.
    pub log_level: Level,
    /// Whether to log each redirect (see `access_log`).
    pub log_redirects: bool,
    /// Whether this is for everything, and not only for redirects.
    pub is_complete: bool,
    /// Variables with an invalid value. Their settings have the default, or what was read before.
    pub invalid: Vec<InvalidVariable>,
    /// The variable that could not be read. Its setting and those after it have the default, or what
    /// was read before.
    pub unread: Option<&'static str>,
}

/// What `/robots.txt` tells crawlers (RFC 9309).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Robots {
    /// Stay away.
    Disallow,
    /// Follow the links.
    Allow,
}

/// A variable with an invalid value, and the rule that the value breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidVariable {
    pub variable: &'static str,
    /// A phrase that follows the variable's name.
    pub rule: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_url: None,
            redirect_status: StatusCode::MOVED_PERMANENTLY,
            redirect_cache_control: "private, max-age=90".to_owned(),
            root_url: None,
            robots: Robots::Disallow,
            cors_origins: Origins::default(),
            hosts: HostPolicy::default(),
            links: LinkRules::default(),
            code_length: 7,
            claims: Claims::Auto,
            clicks: Counting::Off,
            log_level: Level::INFO,
            log_redirects: false,
            is_complete: false,
            invalid: Vec::new(),
            unread: None,
        }
    }
}

impl Config {
    /// Reads the variables that a redirect needs. What cannot be read stays as it was `before`, if
    /// there are settings from before.
    pub async fn for_redirects(before: Option<&Self>, platform: &impl Platform) -> Self {
        let unread = Self {
            is_complete: false,
            invalid: Vec::new(),
            unread: None,
            ..before.cloned().unwrap_or_default()
        };
        let config = unread.read(&REDIRECT_VARIABLES, platform).await;
        match config.clicks.is_on() {
            false => config,
            true => config.read(&[CLAIMS], platform).await.that_can_count(),
        }
    }

    /// Reads the other variables as well.
    pub async fn complete(self, platform: &impl Platform) -> Self {
        let completed = self.read(&OTHER_VARIABLES, platform).await;
        Self {
            is_complete: true,
            ..completed.that_can_count()
        }
    }

    /// These, but without counting clicks where the increment is not to be used.
    fn that_can_count(mut self) -> Self {
        if self.claims == Claims::Optimistic && self.clicks.is_on() {
            self.clicks = Counting::Off;
            self.invalid.push(InvalidVariable {
                variable: "clicks",
                rule: "must be off if claims are optimistic".to_owned(),
            });
        }
        self
    }

    /// Whether this has what `variable`, which has been read, is set to, and not its default instead.
    pub fn knows(&self, variable: &str) -> bool {
        let is_valid = !self
            .invalid
            .iter()
            .any(|invalid| invalid.variable == variable);
        is_valid && self.unread.is_none()
    }

    /// Reads each of `variables` once. Stops at the first that cannot be read: a provider that is
    /// down may take seconds to fail, every time.
    async fn read(mut self, variables: &[(&'static str, Apply)], platform: &impl Platform) -> Self {
        for (name, apply) in variables {
            if self.unread.is_some() {
                break;
            }
            let was_read = self.invalid.iter().any(|it| it.variable == *name);
            if was_read {
                continue;
            }
            match platform.variable(name).await {
                Ok(text) => {
                    if let Err(Rule(rule)) = apply(&mut self, text.trim()) {
                        let variable = name;
                        self.invalid.push(InvalidVariable { variable, rule });
                    }
                }
                Err(error) => {
                    tracing::error!(variable = name, error = error.0, "variable not read");
                    self.unread = Some(name);
                }
            }
        }
        self
    }
}

impl fmt::Display for InvalidVariable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the Spin variable {} {}", self.variable, self.rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::{ADMIN_TOKEN, ADMIN_TOKEN_PREVIOUS, API_KEYS},
        fakes::{FakePlatform, PROVIDER_ERROR, logged},
    };
    use futures::executor::block_on;
    use std::collections::BTreeSet;

    fn load(name: &'static str, value: &str) -> Config {
        let platform = FakePlatform::default();
        platform.set(name, value);
        load_all(&platform)
    }

    fn load_all(platform: &FakePlatform) -> Config {
        block_on(async {
            Config::for_redirects(None, platform)
                .await
                .complete(platform)
                .await
        })
    }

    /// What [`load_all`] gives with the defaults of the manifest.
    fn defaults() -> String {
        let is_complete = true;
        format!(
            "{:?}",
            Config {
                is_complete,
                ..Config::default()
            }
        )
    }

    #[test]
    fn the_manifests_variables_and_defaults_are_those_here() {
        let manifest: toml::Table = include_str!("../spin.toml").parse().unwrap();
        let declared = manifest["variables"].as_table().unwrap().keys();
        // Read for every request, by what needs them.
        let others = [ADMIN_TOKEN, ADMIN_TOKEN_PREVIOUS, API_KEYS, "admin_page"];
        let is_other = |name: &&String| others.contains(&name.as_str());
        let declared: BTreeSet<_> = declared.filter(|name| !is_other(name)).collect();
        let known = REDIRECT_VARIABLES.iter().chain(&OTHER_VARIABLES);
        let known: Vec<_> = known.map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(declared, known.iter().collect());
        // The fake platform has the manifest's defaults.
        let loaded = load_all(&FakePlatform::default());
        assert_eq!(format!("{loaded:?}"), defaults());
    }

    #[test]
    fn each_valid_value_is_taken() {
        for (name, value) in [
            ("base_url", "https://sho.rt"),
            ("base_url", "http://localhost:3000/"),
            ("redirect_status", "308"),
            ("redirect_cache_control", "no-store"),
            ("root_url", "https://akamai.com/about"),
            ("allowed_hosts", "akamai.com, example.org"),
            ("blocked_hosts", "127.0.0.1,[::1]"),
            ("code_length", "4"),
            ("code_length", " 32 "),
            ("claims", "optimistic"),
            ("log_level", "debug"),
            ("log_redirects", "true"),
            ("clicks", "total"),
            ("clicks", "daily"),
            ("robots", "allow"),
            ("cors_origins", "https://app.example, http://localhost:8080"),
            ("private_hosts", "refuse"),
            ("unicode_codes", "true"),
            ("case_insensitive_codes", "true"),
            ("extra_schemes", "mailto,tel"),
        ] {
            let config = load(name, value);
            assert_eq!(config.invalid, [], "{name}={value}");
            let read = format!("{config:?}");
            assert_ne!(read, defaults(), "{name}={value} had no effect");
        }
    }

    #[test]
    fn each_invalid_value_is_named_and_runs_on_its_default() {
        for (name, value) in [
            ("base_url", "sho.rt"),
            ("base_url", "https://sho.rt/s"),
            ("base_url", "https://sho.rt/?a"),
            ("base_url", "https://u@sho.rt"),
            ("base_url", "ftp://sho.rt"),
            ("redirect_status", ""),
            ("redirect_status", "300"),
            ("redirect_status", "301.0"),
            ("redirect_cache_control", ""),
            ("redirect_cache_control", "a\r\nb: c"),
            ("redirect_cache_control", "größer"),
            ("root_url", "akamai.com"),
            ("root_url", "javascript:alert(1)"),
            ("allowed_hosts", "*.akamai.com"),
            ("blocked_hosts", "https://evil.com"),
            ("blocked_hosts", "evil.com;bad.com"),
            ("code_length", "3"),
            ("code_length", "33"),
            ("code_length", "seven"),
            ("code_length", "-7"),
            ("claims", "exact"),
            ("log_level", "trace"),
            ("log_redirects", "yes"),
            ("clicks", ""),
            ("clicks", "true"),
            ("robots", "true"),
            ("cors_origins", "*"),
            ("cors_origins", "https://app.example/"),
            ("private_hosts", "deny"),
            ("unicode_codes", "on"),
            ("case_insensitive_codes", ""),
            ("extra_schemes", "Mailto"),
            ("extra_schemes", "tel,javascript"),
        ] {
            let mut config = load(name, value);
            let problems = std::mem::take(&mut config.invalid);
            assert_eq!(problems.len(), 1, "{name}={value:?}");
            assert_eq!(problems.first().map(|p| p.variable), Some(name));
            assert_eq!(format!("{config:?}"), defaults(), "{name}={value:?}");
        }
    }

    #[test]
    fn clicks_cannot_be_counted_without_increments() {
        let platform = FakePlatform::default();
        platform.set("clicks", "daily");
        platform.set("claims", "optimistic");
        let config = load_all(&platform);
        let invalid: Vec<_> = config.invalid.iter().map(ToString::to_string).collect();
        let expected = "the Spin variable clicks must be off if claims are optimistic";
        assert_eq!(
            (invalid, config.clicks),
            (vec![expected.to_owned()], Counting::Off)
        );
        let of_redirects = block_on(Config::for_redirects(None, &platform));
        assert_eq!(of_redirects.clicks, Counting::Off);
    }

    #[test]
    fn a_variable_that_cannot_be_read_is_not_an_invalid_one() {
        let platform = FakePlatform::default();
        platform.fail_variable("claims");
        let config = load_all(&platform);
        assert_eq!((config.unread, config.invalid.len()), (Some("claims"), 0));
    }

    #[test]
    fn what_a_variable_provider_says_goes_to_the_log_only() {
        let (rules, lines) = logged(|| {
            let platform = FakePlatform::default();
            platform.fail_variable("claims");
            let config = load_all(&platform);
            format!("{config:?}")
        });
        assert!(!rules.contains(PROVIDER_ERROR), "{rules}");
        assert_eq!(lines.matches(PROVIDER_ERROR).count(), 1, "{lines}");
    }
}
