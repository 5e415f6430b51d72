//! What goes in and out of a page other than by keys: uploads, downloads, the clipboard.

use std::{fs, path::Path};

use serde_json::json;

use crate::browser::{Browser, eventually};

const READ: &str = r"
    const done = arguments[arguments.length - 1];
    navigator.clipboard.readText().then(done, (error) => done({ error: String(error) }));
";

impl Browser {
    /// Chooses this file in the field with this label.
    pub async fn upload(&self, label: &str, file: &Path) {
        let file = file.to_str().expect("a path in UTF-8");
        let chosen = self.field(label).await.send_keys(file).await;
        chosen.expect("a field for files");
    }

    /// Presses what leads to a download, and waits for the file: its name and content. The next download finds the
    /// folder empty again, so that its name is not made different.
    pub async fn download(&self, name: &str) -> (String, Vec<u8>) {
        self.press(name).await;
        let complete = async || {
            let names = fs::read_dir(&self.downloads).ok()?;
            let names = names.map(|entry| entry.expect("an entry").file_name());
            let mut names = names.map(|name| name.into_string().expect("UTF-8"));
            // It is renamed from one of these once it is complete.
            names.find(|name| !name.starts_with('.') && !name.ends_with(".crdownload"))
        };
        let file = eventually(complete).await;
        let file = file.unwrap_or_else(|| panic!("{name} led to no download"));
        let path = self.downloads.join(&file);
        let content = fs::read(&path).expect("a file");
        fs::remove_file(&path).expect("a file");
        (file, content)
    }

    /// What was copied last. A page copies a moment after its button was pressed: wait for what it says then. Each
    /// headless Chromium has a clipboard of its own.
    pub async fn clipboard(&self) -> String {
        // Only to read it: that the page may write to it must be the page's own doing.
        let permissions = json!({ "permissions": ["clipboardReadWrite"] });
        self.command("Browser.grantPermissions", permissions).await;
        let read = self.run_async(READ).await;
        self.command("Browser.resetPermissions", json!({})).await;
        let text = read.as_str();
        text.unwrap_or_else(|| panic!("not readable: {read}"))
            .to_owned()
    }
}
