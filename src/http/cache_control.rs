//! `Cache-Control` for a response that must not be kept for longer than so many seconds.

/// `value` (RFC 9111 section 5.2) without anything that lets a cache use the response for longer
/// than `seconds`. A value that forbids to keep it, or to use it unasked, stays as it is.
pub fn capped(value: &str, seconds: u64) -> String {
    // A comma between quotes is no separator. Only rare arguments are quoted, so nothing is kept.
    if value.contains('"') {
        return "no-store".to_owned();
    }
    let mut directives: Vec<String> = value
        .split(',')
        .filter_map(|directive| capped_directive(directive.trim(), seconds))
        .collect();
    let has = |name: &str| directives.iter().any(|it| is_named(it, name));
    // Without a lifetime of its own, a cache may reckon one (RFC 9111 section 4.2.2).
    if !has("max-age") && !has("no-store") && !has("no-cache") {
        directives.push(format!("max-age={seconds}"));
    }
    directives.join(", ")
}

/// The directive, with its number of seconds lowered if it is one of freshness. `None` for one that
/// allows a stale response (RFC 5861), and for nothing.
fn capped_directive(directive: &str, seconds: u64) -> Option<String> {
    let is = |name| is_named(directive, name);
    if directive.is_empty() || is("stale-while-revalidate") || is("stale-if-error") {
        return None;
    }
    if !is("max-age") && !is("s-maxage") {
        return Some(directive.to_owned());
    }
    let (name, given) = directive.split_once('=').unwrap_or((directive, ""));
    let given = given.trim().parse().unwrap_or(seconds);
    Some(format!("{}={}", name.trim(), seconds.min(given)))
}

fn is_named(directive: &str, name: &str) -> bool {
    let given = directive.split('=').next().unwrap_or_default();
    given.trim().eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_for_longer_than_the_cap() {
        for (value, kept) in [
            ("private, max-age=90", "private, max-age=10"),
            ("private, max-age=9", "private, max-age=9"),
            ("max-age=10", "max-age=10"),
            ("Max-Age=600,S-MaxAge=60", "Max-Age=10, S-MaxAge=10"),
            ("public, s-maxage=60", "public, s-maxage=10, max-age=10"),
            ("public, immutable", "public, immutable, max-age=10"),
            ("max-age=5, stale-while-revalidate=60", "max-age=5"),
            ("max-age=5, stale-if-error = 60", "max-age=5"),
            ("max-age=soon", "max-age=10"),
            ("max-age=99999999999999999999", "max-age=10"),
            ("max-age", "max-age=10"),
            ("no-store", "no-store"),
            ("no-cache", "no-cache"),
            ("no-cache=\"a, max-age\"", "no-store"),
            ("private=\"a\", max-age=90", "no-store"),
            (",", "max-age=10"),
        ] {
            assert_eq!(capped(value, 10), kept, "{value}");
        }
        assert_eq!(capped("max-age=90", 0), "max-age=0");
    }
}
