//! What an instance keeps for as long as it lives: the open store, the platform, the settings.

use crate::{config::Config, platform::Platform, store::KeyValue, telemetry};
use futures::lock::Mutex;
use std::cell::OnceCell;

/// The state that all requests of an instance share.
pub struct Shortener<S, P> {
    pub store: S,
    pub platform: P,
    config: OnceCell<Config>,
    loading: Mutex<()>,
}

impl<S: KeyValue, P: Platform> Shortener<S, P> {
    pub fn new(store: S, platform: P) -> Self {
        Self {
            store,
            platform,
            config: OnceCell::new(),
            loading: Mutex::new(()),
        }
    }

    /// Whether redirects are logged, or may be: who asks before the settings are read cannot know.
    pub fn may_log_redirects(&self) -> bool {
        self.config.get().is_none_or(|config| config.log_redirects)
    }

    /// The settings, read at the first request. Requests that arrive while they are being read
    /// wait for that one reading.
    pub async fn config(&self) -> &Config {
        if let Some(config) = self.config.get() {
            return config;
        }
        let _loading = self.loading.lock().await;
        if let Some(config) = self.config.get() {
            return config;
        }
        let config = Config::load(&self.platform).await;
        telemetry::set_level(config.log_level);
        for problem in &config.invalid {
            tracing::error!(
                variable = problem.variable,
                rule = problem.rule,
                "misconfigured: running on the default"
            );
        }
        self.config.get_or_init(|| config)
    }
}
