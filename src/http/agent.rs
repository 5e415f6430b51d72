//! What kind of client sent a request, by what it says of itself.
//!
//! The list is this crate's own, because the published ones are regular expressions, whose engine
//! is larger than this whole component.

use super::{
    header,
    request::{Incoming, Request},
};

/// The kinds of client that the access log tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    /// A person's browser.
    Browser,
    /// A browser that fetches the page in case its user goes there.
    Prefetch,
    /// A crawler, a monitor, or a service that makes a preview of the page.
    Bot,
    /// Any other software that names itself.
    Program,
    /// It says nothing.
    Unknown,
}

/// What a browser sends to say that nobody has asked for the page yet: the field of the Fetch
/// standard, and those of other browsers.
const PURPOSES: [(&str, &str); 4] = [
    (header::SEC_PURPOSE, "prefetch"),
    (header::PURPOSE, "prefetch"),
    (header::X_MOZ, "prefetch"),
    (header::X_PURPOSE, "preview"),
];

/// What the names of bots end with, in lower case.
const BOT_SUFFIXES: [&str; 10] = [
    "archiver",
    "bot",
    "bots",
    "checker",
    "fetcher",
    "monitor",
    "preview",
    "scraper",
    "slurp",
    "validator",
];

/// Names with such an end that are no bots, but telephones.
const NO_BOTS: [&str; 2] = ["cubot", "idbot"];

/// Bots tell the sites they visit where to read about them. Browsers do not.
const CONTACTS: [&str; 3] = ["http://", "https://", "mailto:"];

/// Bots that do neither, as their operators spell them, in lower case.
const BOT_NAMES: [&str; 55] = [
    "-google",
    "adbeat",
    "ahrefssiteaudit",
    "anthropic-ai",
    "archive.org",
    "catchpoint",
    "chatgpt-user",
    "chrome-lighthouse",
    "claude-user",
    "cloudflare",
    "crawl",
    "dareboost",
    "datadogsynthetics",
    "email extractor",
    "embedly",
    "facebookcatalog",
    "facebookexternalhit",
    "feedburner",
    "flipboardproxy",
    "freshrss",
    "google favicon",
    "google page speed",
    "google search console",
    "google-",
    "googleimageproxy",
    "googleother",
    "headlesschrome",
    "heritrix",
    "httrack",
    "iframely",
    "larbin",
    "meta-external",
    "ms-office",
    "netcraft",
    "newrelic",
    "nutch",
    "outbrain",
    "phantomjs",
    "pingdom",
    "proximic",
    "ptst",
    "scrapy",
    "screaming frog",
    "seznam",
    "site24x7",
    "siteimprove",
    "slack-imgproxy",
    "sogou web",
    "spider",
    "statuscake",
    "transcoder",
    "uptime",
    "w3c_",
    "whatcms",
    "zgrab",
];

impl Agent {
    /// The kind of client that sent `request`.
    pub fn of(request: &Request<impl Incoming>) -> Self {
        let is_prefetch = PURPOSES.iter().any(|(name, start)| {
            let purpose = request.header(name).unwrap_or_default();
            purpose.starts_with(start)
        });
        if is_prefetch {
            return Self::Prefetch;
        }
        Self::named(&user_agent(request))
    }

    /// Whether the client that sent `request` names itself as a bot.
    pub fn is_bot(request: &Request<impl Incoming>) -> bool {
        Self::named(&user_agent(request)) == Self::Bot
    }

    /// The kind of client that has this `User-Agent` (RFC 9110 section 10.1.5).
    fn named(user_agent: &str) -> Self {
        let lower = user_agent.to_ascii_lowercase();
        let holds = |part: &&str| lower.contains(part);
        let mut words = lower.split(|c: char| !c.is_ascii_alphabetic());
        if lower.is_empty() {
            Self::Unknown
        } else if lower.starts_with("whatsapp/")
            || CONTACTS.iter().any(holds)
            || BOT_NAMES.iter().any(holds)
            || words.any(is_bot)
        {
            Self::Bot
        } else if lower.starts_with("mozilla/") || lower.starts_with("opera/") {
            Self::Browser
        } else {
            Self::Program
        }
    }

    /// As the access log names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Prefetch => "prefetch",
            Self::Bot => "bot",
            Self::Program => "program",
            Self::Unknown => "unknown",
        }
    }
}

/// What the client says that it is. Some send the name of a network or of a town in it, in any letters.
fn user_agent(request: &Request<impl Incoming>) -> String {
    let user_agents = request.header_values(header::USER_AGENT);
    let user_agent = user_agents.first().map(Vec::as_slice).unwrap_or_default();
    String::from_utf8_lossy(user_agent).into_owned()
}

/// Whether a word in lower case is the name of a bot by its end.
fn is_bot(word: &str) -> bool {
    BOT_SUFFIXES.iter().any(|suffix| word.ends_with(suffix)) && !NO_BOTS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::FakeRequest;

    fn class(fields: &[(&'static str, &str)]) -> Agent {
        let request = fields
            .iter()
            .fold(FakeRequest::default(), |request, (name, value)| {
                request.header(name, value)
            });
        Agent::of(&request.get("/aka"))
    }

    #[test]
    fn clients_are_told_apart_by_what_they_say_of_themselves() {
        use Agent::*;
        let android =
            "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36";
        for (user_agent, expected) in [
            ("", Unknown),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", Browser),
            (
                "Opera/9.80 (J2ME/MIDP; Opera Mini/6.5) Presto/2.8.119",
                Browser,
            ),
            (
                &format!("Mozilla/5.0 (Linux; Android 11; CUBOT) {android}"),
                Browser,
            ),
            (
                &format!("Mozilla/5.0 (Linux; Android 9; CUBOT_X18) {android}"),
                Browser,
            ),
            (
                &format!("Mozilla/5.0 (Linux; Android 13; CUBOT P80) {android}"),
                Browser,
            ),
            (
                &format!("Mozilla/5.0 (Linux; Android 6.0; IDbot553) {android}"),
                Browser,
            ),
            (
                &format!("Mozilla/5.0 (Linux; Android 13; botany) {android}"),
                Browser,
            ),
            (
                &format!("{android} (compatible; Google-InspectionTool/1.0;)"),
                Bot,
            ),
            (
                "Mozilla/5.0 (Linux; Android 13) BytedanceWebview/d8a21c6",
                Browser,
            ),
            ("Mozilla/5.0 (iPhone) [FBAN/FBIOS;FBCR/中国移动]", Browser),
            ("Mozilla/4.0 (compatible; ms-office; MSOffice 16)", Bot),
            ("Mozilla/5.0 (compatible; Googlebot/2.1)", Bot),
            ("Mozilla/5.0 (compatible; bingbot_2)", Bot),
            (
                "Mozilla/5.0 (compatible; Somebody; +https://somebody.example)",
                Bot,
            ),
            ("Mozilla/5.0 (compatible; Yahoo! Slurp)", Bot),
            (
                "Mozilla/5.0 (Windows NT 6.1) SkypeUriPreview Preview/0.5",
                Bot,
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0.0.0",
                Bot,
            ),
            ("facebookexternalhit/1.1", Bot),
            ("WhatsApp/2.23.20.0", Bot),
            ("WhatsApp/2.23.20.0 A", Bot),
            ("TelegramBot (like TwitterBot)", Bot),
            ("Slackbot-LinkExpanding 1.0", Bot),
            ("Bytespider", Bot),
            ("curl/8.5.0", Program),
            ("python-requests/2.32", Program),
            ("bottle/0.13", Program),
        ] {
            let told = class(&[(header::USER_AGENT, user_agent)]);
            assert_eq!(told, expected, "{user_agent}");
        }
    }

    #[test]
    fn a_browser_that_fetches_ahead_is_no_visitor() {
        let browser = (header::USER_AGENT, "Mozilla/5.0 (X11; Linux x86_64)");
        for (name, value, expected) in [
            (header::SEC_PURPOSE, "prefetch", Agent::Prefetch),
            (header::SEC_PURPOSE, "prefetch;prerender", Agent::Prefetch),
            (header::SEC_PURPOSE, "navigate", Agent::Browser),
            (header::SEC_PURPOSE, "", Agent::Browser),
            (header::PURPOSE, "prefetch", Agent::Prefetch),
            (header::X_MOZ, "prefetch", Agent::Prefetch),
            (header::X_PURPOSE, "preview", Agent::Prefetch),
        ] {
            assert_eq!(
                class(&[browser, (name, value)]),
                expected,
                "{name}: {value}"
            );
        }
    }

    #[test]
    fn the_names_of_bots_are_in_lower_case_and_in_order() {
        assert!(BOT_NAMES.is_sorted());
        let texts = BOT_NAMES.iter().chain(&BOT_SUFFIXES).chain(&NO_BOTS);
        for text in texts {
            assert_eq!(*text, text.to_ascii_lowercase());
        }
    }
}
