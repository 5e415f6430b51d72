//! The state that an instance keeps for its whole life: the open store, the platform and the
//! settings. Only its first request pays for opening and reading them.

use crate::{
    clicks, config::Config, exclusive::Idempotency, platform::Platform, store::KeyValue, telemetry,
};
use futures::lock::Mutex;
use std::{cell::RefCell, rc::Rc, time::Duration};

/// How long to use incomplete settings before reading them again.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// The state that all requests of an instance share.
pub struct App<S, P> {
    pub store: S,
    pub platform: P,
    /// Clicks that were not written to the store yet.
    pub clicks: clicks::Recorder,
    pub idempotency: Idempotency,
    config: RefCell<Option<Loaded>>,
    loading: Mutex<()>,
}

struct Loaded {
    config: Rc<Config>,
    /// When the settings were read, on the platform's [`uptime`](Platform::uptime) clock. `None` if
    /// every variable could be read.
    incomplete_since: Option<Duration>,
}

impl<S: KeyValue, P: Platform> App<S, P> {
    pub fn new(store: S, platform: P) -> Self {
        let clicks = clicks::Recorder::new(platform.requests_per_instance());
        Self {
            store,
            platform,
            clicks,
            idempotency: Idempotency::default(),
            config: RefCell::default(),
            loading: Mutex::default(),
        }
    }

    /// Returns all settings. The first request that needs them reads them, and those that arrive in
    /// the meantime wait for it. If there are incomplete settings, they use those and do not wait.
    pub async fn config(&self) -> Rc<Config> {
        self.config_that(|config| config.is_complete).await
    }

    /// The same, but only what a redirect needs must have been read.
    pub async fn redirect_config(&self) -> Rc<Config> {
        self.config_that(|_| true).await
    }

    /// Returns settings that are `enough`.
    async fn config_that(&self, enough: impl Fn(&Config) -> bool) -> Rc<Config> {
        if let Some(config) = self.current().filter(|config| enough(config)) {
            return config;
        }
        let outdated = self.config.borrow().as_ref().map(Loaded::config);
        let outdated = outdated.filter(|config| enough(config));
        let _loading = match (self.loading.try_lock(), outdated) {
            (Some(loading), _) => loading,
            (None, Some(config)) => return config,
            (None, None) => self.loading.lock().await,
        };
        let current = self.current();
        match current.as_ref().filter(|config| enough(config)) {
            Some(config) => Rc::clone(config),
            None => self.load(current, enough).await,
        }
    }

    /// Reads what is missing from `current` to be `enough`.
    async fn load(
        &self,
        current: Option<Rc<Config>>,
        enough: impl Fn(&Config) -> bool,
    ) -> Rc<Config> {
        let config = match current {
            Some(current) => current,
            None => {
                let before = self.config.borrow().as_ref().map(Loaded::config);
                let config = Config::for_redirects(before.as_deref(), &self.platform).await;
                self.publish(config, 0)
            }
        };
        if enough(&config) {
            return config;
        }
        let told = config.invalid.len();
        let complete = Config::clone(&config).complete(&self.platform).await;
        self.publish(complete, told)
    }

    /// Makes `config` the settings in use, and logs its problems except for those that have been
    /// `told`, the first ones.
    fn publish(&self, config: Config, told: usize) -> Rc<Config> {
        telemetry::set_level(config.log_level);
        for problem in config.invalid.iter().skip(told) {
            tracing::error!(
                variable = problem.variable,
                rule = problem.rule,
                "misconfigured: running on the default"
            );
        }
        let config = Rc::new(config);
        let before = self.config.take();
        // What could not be read is not tried again because something else is read.
        let since = before
            .filter(|_| config.is_complete)
            .and_then(|it| it.incomplete_since);
        let incomplete_since = config
            .unread
            .map(|_| since.unwrap_or_else(|| self.platform.uptime()));
        self.config.replace(Some(Loaded {
            config: Rc::clone(&config),
            incomplete_since,
        }));
        config
    }

    /// The settings, unless they have not been read yet or are due to be read again.
    fn current(&self) -> Option<Rc<Config>> {
        let loaded = self.config.borrow();
        let loaded = loaded.as_ref()?;
        let outdated = loaded
            .incomplete_since
            .is_some_and(|since| self.platform.since(since) >= READ_AGAIN_AFTER);
        (!outdated).then(|| loaded.config())
    }
}

impl Loaded {
    fn config(&self) -> Rc<Config> {
        Rc::clone(&self.config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::{FakePlatform, Memory};
    use futures::executor::block_on;

    const MOMENT: Duration = Duration::from_millis(1);

    /// The code length in use. The tests change it to tell one read of the settings from another.
    fn code_length(app: &App<Memory, FakePlatform>) -> usize {
        block_on(app.config()).code_length
    }

    fn app() -> App<Memory, FakePlatform> {
        App::new(Memory::default(), FakePlatform::default())
    }

    #[test]
    fn settings_that_were_read_whole_are_not_read_again() {
        let app = app();
        assert_eq!(code_length(&app), 7);
        app.platform.set("code_length", "9");
        app.platform.advance(100 * READ_AGAIN_AFTER);
        assert_eq!(code_length(&app), 7);
    }

    #[test]
    fn a_redirect_needs_few_settings_and_what_it_has_read_is_not_read_again() {
        let app = app();
        app.platform.set("redirect_status", "302");
        app.platform.fail_variable("code_length");
        let config = block_on(app.redirect_config());
        assert_eq!(
            (config.unread, config.redirect_status.as_u16()),
            (None, 302)
        );
        app.platform.fail_variable("redirect_status");
        app.platform.set("code_length", "9");
        let config = block_on(app.config());
        assert_eq!(
            (config.unread, config.redirect_status.as_u16()),
            (None, 302)
        );
        assert_eq!(config.code_length, 9);
    }

    #[test]
    fn what_needs_more_settings_does_not_put_off_reading_again_what_a_redirect_needs() {
        let app = app();
        app.platform.fail_variable("redirect_status");
        let status = || block_on(app.redirect_config()).redirect_status.as_u16();
        assert_eq!(status(), 301);
        app.platform.set("redirect_status", "302");
        app.platform.advance(READ_AGAIN_AFTER - MOMENT);
        block_on(app.config());
        assert_eq!(status(), 301);
        app.platform.advance(MOMENT);
        assert_eq!(status(), 302);
    }

    #[test]
    fn settings_that_cannot_be_read_again_stay_as_they_were() {
        let app = app();
        app.platform.set("redirect_status", "302");
        app.platform.fail_variable("claims");
        block_on(app.config());
        app.platform.fail_variable("redirect_status");
        app.platform.advance(READ_AGAIN_AFTER);
        let config = block_on(app.redirect_config());
        assert_eq!(config.redirect_status.as_u16(), 302);
        assert_eq!(config.unread, Some("redirect_status"));
    }

    #[test]
    fn settings_that_were_read_in_part_are_read_again_after_five_seconds_until_they_are_whole() {
        let app = app();
        let platform = &app.platform;
        platform.fail_variable("claims");
        for length in [7, 9, 11] {
            platform.set("code_length", &length.to_string());
            assert_eq!(code_length(&app), length);
            platform.set("code_length", "32");
            platform.advance(READ_AGAIN_AFTER - MOMENT);
            assert_eq!(code_length(&app), length);
            platform.advance(MOMENT);
        }
        platform.set("claims", "auto");
        assert_eq!(code_length(&app), 32);
        platform.set("code_length", "7");
        platform.advance(READ_AGAIN_AFTER);
        assert_eq!(code_length(&app), 32);
    }
}
