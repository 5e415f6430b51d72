//! `Browser`: a Chromium of its own for each test, and how it shows a page.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::{
    By, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver,
};
use tokio::time::{Instant, sleep};

use crate::driver::Driver;

/// Longer than anything takes on a busy machine. A wait that times out fails the test.
const DEADLINE: Duration = Duration::from_secs(20);

/// How somebody looks at a page. The sizes are in CSS pixels.
#[derive(Clone, Copy, Debug)]
pub struct View {
    pub width: u32,
    pub height: u32,
    pub dark: bool,
    pub scripts: bool,
}

impl View {
    pub const DESKTOP: Self = Self {
        width: 1280,
        height: 800,
        dark: false,
        scripts: true,
    };

    /// The narrowest that is common.
    pub const PHONE: Self = Self {
        width: 360,
        ..Self::DESKTOP
    };

    pub const fn dark(self) -> Self {
        Self { dark: true, ..self }
    }

    pub const fn without_scripts(self) -> Self {
        Self {
            scripts: false,
            ..self
        }
    }
}

/// Closed when dropped, so also by a test that fails.
pub struct Browser {
    driver: WebDriver,
    chromedriver: &'static Driver,
    /// Where downloads go.
    pub downloads: PathBuf,
    /// Dropped after the session, which uses it.
    _folder: TempDir,
}

impl Browser {
    /// Nothing where there is no Chromium: see [`Driver::get`].
    pub async fn open(view: View) -> Option<Self> {
        let chromedriver = Driver::get()?;
        let folder = tempfile::tempdir().expect("a folder");
        let downloads = folder.path().join("downloads");
        let profile = folder.path().join("profile");
        let profile = format!("--user-data-dir={}", profile.display());
        let mut wanted = DesiredCapabilities::chrome();
        let mut want = || {
            wanted.set_binary(&chromedriver.chromium.to_string_lossy())?;
            // Its sandbox refuses to run as root, and a container's /dev/shm is too small.
            for argument in [
                "--headless=new",
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                &profile,
            ] {
                wanted.add_arg(argument)?;
            }
            wanted.add_experimental_option("prefs", preferences(view, &downloads))?;
            wanted.set_browser_log_level(LoggingPrefsLogLevel::All)
        };
        want().expect("capabilities");
        let driver = WebDriver::new(chromedriver.url(), wanted).await;
        let driver = driver.expect("a session");
        // Not to be closed by thirtyfour: on drop it waits for a connection that the waiting thread has to serve.
        driver.clone().leak().expect("a new session");
        let browser = Self {
            driver,
            chromedriver,
            downloads,
            _folder: folder,
        };
        browser.look(view).await;
        Some(browser)
    }

    /// A window cannot be as narrow as a phone, nor does its size say the page's: hence emulation.
    async fn look(&self, view: View) {
        let screen = json!({
            "width": view.width,
            "height": view.height,
            "deviceScaleFactor": 1,
            "mobile": false,
        });
        self.command("Emulation.setDeviceMetricsOverride", screen)
            .await;
        let scheme = match view.dark {
            true => "dark",
            false => "light",
        };
        let scheme = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.command(
            "Emulation.setEmulatedMedia",
            json!({ "features": [scheme] }),
        )
        .await;
    }

    /// Shows pages from now on as they are printed.
    pub async fn print_preview(&self) {
        let print = json!({ "media": "print" });
        self.command("Emulation.setEmulatedMedia", print).await;
    }

    /// For what has no verb here, as pressing keys.
    pub fn driver(&self) -> &WebDriver {
        &self.driver
    }

    /// Opens an address, as from a bookmark.
    pub async fn go(&self, url: &str) {
        self.driver.goto(url).await.expect("a page");
    }

    pub async fn url(&self) -> String {
        self.driver.current_url().await.expect("a page").into()
    }

    /// What `script`, a function's body, returns or throws. The driver's own scripts run whatever the policy of the
    /// page says and even where the page's are off; then, however, timers never fire.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        let answer = self.driver.execute(script, arguments).await;
        answer.expect("a script that runs").json().clone()
    }

    /// The same for a script that gives its answer to its last argument, a function.
    pub async fn run_async(&self, script: &str) -> Value {
        let answer = self.driver.execute_async(script, Vec::new()).await;
        answer.expect("a script that runs").json().clone()
    }

    /// A command of the DevTools protocol.
    pub async fn command(&self, name: &str, arguments: Value) {
        let answer = self.driver.cdp().send_raw(name, arguments).await;
        answer.expect(name);
    }

    /// Presses what leads to another page, and waits for that page: the same address again is another page too.
    pub async fn follow(&self, name: &str) {
        let before = self.document().await.expect("a page");
        self.press(name).await;
        let loaded = async || {
            let now = self.document().await?;
            let state = self
                .driver
                .execute("return document.readyState", Vec::new());
            let loaded = state.await.ok()?.json() == "complete";
            (loaded && now != before).then_some(())
        };
        let arrived = eventually(loaded).await;
        arrived.unwrap_or_else(|| panic!("{name} led to no other page"));
    }

    /// What no other document has. Nothing between two documents.
    async fn document(&self) -> Option<String> {
        let root = self.driver.find(By::Tag("html")).await.ok()?;
        Some(root.element_id().to_string())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let session = self.driver.session_id().to_string();
        // A panic while a test fails would hide why it does.
        if let Err(error) = self.chromedriver.close(&session) {
            eprintln!("a Chromium may be left running: {error}");
        }
    }
}

fn preferences(view: View, downloads: &Path) -> Value {
    const BLOCK: u8 = 2;
    const OPEN_URLS: u8 = 4;
    let mut preferences = json!({
        // Otherwise it opens a page full of scripts, and the first command waits for them, sometimes 5 seconds.
        "session.restore_on_startup": OPEN_URLS,
        "session.startup_urls": ["about:blank"],
        "download.default_directory": downloads,
        "download.prompt_for_download": false,
    });
    if !view.scripts {
        // As an administrator turns them off: pages know, and show what is in `noscript`.
        preferences["profile.managed_default_content_settings.javascript"] = BLOCK.into();
    }
    preferences
}

/// Asks until there is an answer. Nothing when there is none in time.
pub async fn eventually<T>(ask: impl AsyncFn() -> Option<T>) -> Option<T> {
    let end = Instant::now() + DEADLINE;
    loop {
        let answer = ask().await;
        if answer.is_some() || Instant::now() > end {
            return answer;
        }
        sleep(Duration::from_millis(10)).await;
    }
}
