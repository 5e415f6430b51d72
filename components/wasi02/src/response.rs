//! A response as the host sends it.

use ::http::StatusCode;
use futures::{FutureExt, Stream, StreamExt};
use url_shortener::{
    http::{
        header,
        response::{self, Body, Response},
    },
    store::StoreError,
};
use wasi::{
    http::types::{self, Fields, OutgoingBody, OutgoingResponse, ResponseOutparam},
    io::streams::{OutputStream, StreamError},
};

/// What `handler` answers. It is always ready; if it ever is not, the client gets an empty 500.
#[inline]
pub fn answer(handler: impl Future<Output = Response>) -> Response {
    let fault = || response::empty(StatusCode::INTERNAL_SERVER_ERROR);
    handler.now_or_never().unwrap_or_else(fault)
}

/// Sends the response to the client, the body as fast as the client takes it.
#[inline]
pub fn send(response: Response, client: ResponseOutparam) {
    // No text in these errors, because Spin would show it to the client.
    let refuse = |client| ResponseOutparam::set(client, Err(types::ErrorCode::InternalError(None)));
    let Some(outgoing) = head(&response) else {
        return refuse(client);
    };
    if leaves_out_its_body(&response) {
        // A body that is opened and stays empty would be broken off.
        return ResponseOutparam::set(client, Ok(outgoing));
    }
    let Some((contents, stream)) = open_body(&outgoing) else {
        return refuse(client);
    };
    let send_head = || ResponseOutparam::set(client, Ok(outgoing));
    let whole = match response.body {
        Body::Empty => {
            send_head();
            true
        }
        Body::Full(bytes) => {
            // What the host gets before the head goes out in the same TCP write.
            let rest = write_at_once(&stream, &bytes);
            send_head();
            rest.is_ok_and(|rest| write_all(&stream, rest).is_ok())
        }
        Body::Stream(chunks) => {
            send_head();
            write_chunks(&stream, chunks)
        }
    };
    drop(stream);
    // Without `finish` the host aborts the response, so that the client does not take a part for
    // the whole.
    if whole {
        let _ = OutgoingBody::finish(contents, None);
    }
}

/// Whether the response is one to `HEAD`, and its `Content-Length` that of a body it does not have.
#[inline]
fn leaves_out_its_body(response: &Response) -> bool {
    let is_length = |(name, value): (&str, &str)| name == header::CONTENT_LENGTH && value != "0";
    matches!(response.body, Body::Empty) && response.headers().any(is_length)
}

/// The head of a response on the host's side.
#[inline]
fn head(response: &Response) -> Option<OutgoingResponse> {
    let field = |(name, value): (&str, &str)| (name.to_owned(), value.as_bytes().to_vec());
    let fields: Vec<_> = response.headers().map(field).collect();
    let outgoing = OutgoingResponse::new(Fields::from_list(&fields).ok()?);
    outgoing.set_status_code(response.status.as_u16()).ok()?;
    Some(outgoing)
}

/// The body of a response on the host's side, and the stream that writes it.
#[inline]
fn open_body(outgoing: &OutgoingResponse) -> Option<(OutgoingBody, OutputStream)> {
    let body = outgoing.body().ok()?;
    let stream = body.write().ok()?;
    Some((body, stream))
}

/// Writes all chunks. Returns `false` if a chunk failed or the client went away.
#[inline]
fn write_chunks(
    stream: &OutputStream,
    mut chunks: impl Stream<Item = Result<Vec<u8>, StoreError>> + Unpin,
) -> bool {
    loop {
        match chunks.next().now_or_never() {
            Some(Some(Ok(chunk))) if write_all(stream, &chunk).is_ok() => (),
            Some(Some(Err(error))) => {
                tracing::error!(error = error.0, "answer broken off");
                return false;
            }
            Some(None) => return true,
            Some(Some(Ok(_))) | None => return false,
        }
    }
}

/// Writes as much as the host takes without waiting, and returns the rest.
#[inline]
fn write_at_once<'a>(stream: &OutputStream, bytes: &'a [u8]) -> Result<&'a [u8], StreamError> {
    let room = usize::try_from(stream.check_write()?).unwrap_or(usize::MAX);
    let (now, later) = bytes.split_at(room.min(bytes.len()));
    stream.write(now)?;
    Ok(later)
}

/// Writes everything, and waits whenever the host is not ready.
#[inline]
fn write_all(stream: &OutputStream, mut bytes: &[u8]) -> Result<(), StreamError> {
    while !bytes.is_empty() {
        stream.subscribe().block();
        bytes = write_at_once(stream, bytes)?;
    }
    stream.blocking_flush()
}
