//! Requests and answers byte for byte, as far as they are one of each.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use super::Exchange;

/// A request or an answer.
struct Message<'a> {
    start: &'a str,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// Holds an exchange on a connection of its own against docs/openapi.yaml. What is no HTTP, breaks
/// off, or is more than one request or one answer, it says nothing of.
pub fn check_bytes(sent: &[u8], answered: &[u8]) -> Result<(), String> {
    let Some((method, target, sent)) = request(sent) else {
        return Ok(());
    };
    let Some((status, answer)) = answer(answered, &method) else {
        return Ok(());
    };
    let exchange = Exchange {
        method: &method,
        target: &target,
        sent_headers: &sent.headers,
        sent: &sent.body,
        status,
        headers: &answer.headers,
        body: &answer.body,
    };
    exchange.check().map(|_| ())
}

fn request(bytes: &[u8]) -> Option<(Method, Uri, Message<'_>)> {
    let message = message(bytes)?;
    let mut start = message.start.split(' ');
    let (method, target) = (start.next()?, start.next()?);
    let is_http = start.eq(["HTTP/1.1"]);
    let parsed = (method.parse().ok()?, target.parse().ok()?);
    is_http.then_some((parsed.0, parsed.1, message))
}

fn answer<'a>(bytes: &'a [u8], to: &Method) -> Option<(u16, Message<'a>)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let status = text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let message = match (to, text.strip_suffix("\r\n\r\n")) {
        // It states the length of what it does not have.
        (&Method::HEAD, Some(head)) => head_only(head)?,
        _ => message(bytes)?,
    };
    // One that only says to go on is followed by another.
    (status >= 200).then_some((status, message))
}

fn message(bytes: &[u8]) -> Option<Message<'_>> {
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n")?;
    let (head, body) = bytes.split_at(end);
    let message = head_only(std::str::from_utf8(head).ok()?)?;
    let body = &body[4..];
    let one = |name: &str| message.headers.get(name).and_then(|v| v.to_str().ok());
    let body = match (one("transfer-encoding"), one("content-length")) {
        (Some(_), _) => unchunked(body)?,
        (None, length) => {
            let is_whole = body.len() == length.unwrap_or("0").parse::<usize>().ok()?;
            is_whole.then(|| body.to_vec())?
        }
    };
    Some(Message { body, ..message })
}

fn head_only(head: &str) -> Option<Message<'_>> {
    let mut lines = head.split("\r\n");
    let start = lines.next()?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let value = HeaderValue::from_str(value.trim()).ok()?;
        headers.append(name.parse::<HeaderName>().ok()?, value);
    }
    let body = Vec::new();
    Some(Message {
        start,
        headers,
        body,
    })
}

/// The body that came in `chunks`, if the last one is there and nothing follows it.
fn unchunked(chunks: &[u8]) -> Option<Vec<u8>> {
    let end = chunks.windows(2).position(|end| end == b"\r\n")?;
    let (size, rest) = chunks.split_at(end);
    let size = usize::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()?;
    let rest = &rest[2..];
    if size == 0 {
        return (rest == b"\r\n").then(Vec::new);
    }
    let (chunk, rest) = rest.split_at_checked(size)?;
    let mut body = chunk.to_vec();
    body.extend(unchunked(rest.strip_prefix(b"\r\n")?)?);
    Some(body)
}
