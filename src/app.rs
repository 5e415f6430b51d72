//! The state that an instance keeps for its whole life: the open store, the platform and the
//! settings. Only its first request pays for opening and reading them.

use crate::{config::Config, platform::Platform, store::KeyValue, telemetry};
use futures::lock::Mutex;
use std::{cell::RefCell, rc::Rc, time::Duration};

/// How long to use incomplete settings before reading them again.
const READ_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// The state that all requests of an instance share.
pub struct App<S, P> {
    pub store: S,
    pub platform: P,
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
        Self {
            store,
            platform,
            config: RefCell::default(),
            loading: Mutex::default(),
        }
    }

    /// Returns the settings, which the first request reads. Requests that arrive in the meantime
    /// wait for it. If there are incomplete settings, they use those and do not wait.
    pub async fn config(&self) -> Rc<Config> {
        if let Some(config) = self.current() {
            return config;
        }
        let outdated = self.config.borrow().as_ref().map(Loaded::config);
        let _loading = match (self.loading.try_lock(), outdated) {
            (Some(loading), _) => loading,
            (None, Some(config)) => return config,
            (None, None) => self.loading.lock().await,
        };
        if let Some(config) = self.current() {
            return config;
        }
        let config = Rc::new(Config::load(&self.platform).await);
        telemetry::set_level(config.log_level);
        for problem in &config.invalid {
            tracing::error!(
                variable = problem.variable,
                rule = problem.rule,
                "misconfigured: running on the default"
            );
        }
        let incomplete_since = config.unread.map(|_| self.platform.uptime());
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
    fn settings_that_were_read_in_part_are_read_again_after_five_seconds_until_they_are_whole() {
        let app = app();
        let platform = &app.platform;
        platform.fail_variable("log_redirects");
        for length in [7, 9, 11] {
            platform.set("code_length", &length.to_string());
            assert_eq!(code_length(&app), length);
            platform.set("code_length", "32");
            platform.advance(READ_AGAIN_AFTER - MOMENT);
            assert_eq!(code_length(&app), length);
            platform.advance(MOMENT);
        }
        platform.set("log_redirects", "false");
        assert_eq!(code_length(&app), 32);
        platform.set("code_length", "7");
        platform.advance(READ_AGAIN_AFTER);
        assert_eq!(code_length(&app), 32);
    }
}
