//! The names of the header fields that this shortener reads and writes, in lower case, as HTTP/2
//! spells them (RFC 9113 section 8.2.1).
//!
//! They are plain text because the hosts take and give text.

pub const ACCEPT_PATCH: &str = "accept-patch";
pub const ACCESS_CONTROL_ALLOW_HEADERS: &str = "access-control-allow-headers";
pub const ACCESS_CONTROL_ALLOW_METHODS: &str = "access-control-allow-methods";
pub const ACCESS_CONTROL_ALLOW_ORIGIN: &str = "access-control-allow-origin";
pub const ACCESS_CONTROL_EXPOSE_HEADERS: &str = "access-control-expose-headers";
pub const ACCESS_CONTROL_MAX_AGE: &str = "access-control-max-age";
pub const ACCESS_CONTROL_REQUEST_METHOD: &str = "access-control-request-method";
pub const ALLOW: &str = "allow";
pub const AUTHORIZATION: &str = "authorization";
pub const CACHE_CONTROL: &str = "cache-control";
pub const CONTENT_DISPOSITION: &str = "content-disposition";
pub const CONTENT_LENGTH: &str = "content-length";
pub const CONTENT_SECURITY_POLICY: &str = "content-security-policy";
pub const CONTENT_TYPE: &str = "content-type";
pub const COOKIE: &str = "cookie";
/// Whose windows a page shares a process with (HTML standard, section 7.1.3).
pub const CROSS_ORIGIN_OPENER_POLICY: &str = "cross-origin-opener-policy";
/// Whose pages may show what an answer has (Fetch standard, section 3.7).
pub const CROSS_ORIGIN_RESOURCE_POLICY: &str = "cross-origin-resource-policy";
pub const ETAG: &str = "etag";
pub const HOST: &str = "host";
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
pub const IF_MATCH: &str = "if-match";
pub const IF_NONE_MATCH: &str = "if-none-match";
pub const LINK: &str = "link";
pub const LOCATION: &str = "location";
pub const ORIGIN: &str = "origin";
/// What browsers sent before [`SEC_PURPOSE`].
pub const PURPOSE: &str = "purpose";
pub const REFERER: &str = "referer";
pub const REFERRER_POLICY: &str = "referrer-policy";
pub const RETRY_AFTER: &str = "retry-after";
/// From where the request was sent, as the browser says (Fetch Metadata, section 2.3).
pub const SEC_FETCH_SITE: &str = "sec-fetch-site";
/// Why a browser fetches the page (Fetch standard, section 3.7).
pub const SEC_PURPOSE: &str = "sec-purpose";
pub const SET_COOKIE: &str = "set-cookie";
pub const USER_AGENT: &str = "user-agent";
pub const VARY: &str = "vary";
pub const WWW_AUTHENTICATE: &str = "www-authenticate";
pub const X_CONTENT_TYPE_OPTIONS: &str = "x-content-type-options";
/// What Firefox also sends in place of [`SEC_PURPOSE`].
pub const X_MOZ: &str = "x-moz";
/// What in-app browsers send in place of [`SEC_PURPOSE`].
pub const X_PURPOSE: &str = "x-purpose";
/// The order of the links that follow.
pub const X_ORDER: &str = "x-order";
/// Keeps search engines from listing the short link beside its destination.
pub const X_ROBOTS_TAG: &str = "x-robots-tag";
/// The version that is running.
pub const X_SHORTENER_VERSION: &str = "x-shortener-version";
/// How many records of a page could not be read.
pub const X_SKIPPED_RECORDS: &str = "x-skipped-records";
