//! A file that a form sends: `multipart/form-data` (RFC 7578).

use crate::{
    api::{problem::Problem, wire::FieldError},
    http::{
        body::{self, Accept},
        header,
        request::{Incoming, Request},
    },
};
use futures::{future, stream};
use multer::{Multipart, parse_boundary};
use std::convert::Infallible;

/// A form with a file, and a little more than the largest file that anything takes.
const UPLOAD: Accept = Accept {
    media_types: &["multipart/form-data"],
    limit: 1024 * 1024 + 4 * 1024,
};

/// Reads the file that the form `request` has in its field `name`.
pub async fn read(request: Request<impl Incoming>, name: &str) -> Result<Vec<u8>, Problem> {
    let no_form = || refuse(name, "could not be read from the form; choose it again");
    let boundary = request.header(header::CONTENT_TYPE).unwrap_or_default();
    let boundary = parse_boundary(&boundary);
    let body = body::read(request, &UPLOAD).await?;
    let body = stream::once(future::ready(Ok::<_, Infallible>(body)));
    let mut form = Multipart::new(body, boundary.map_err(|_| no_form())?);
    while let Some(field) = form.next_field().await.map_err(|_| no_form())? {
        if field.name() != Some(name) {
            continue;
        }
        return match field.bytes().await {
            Ok(file) if file.is_empty() => {
                Err(refuse(name, "must be chosen and must not be empty"))
            }
            Ok(file) => Ok(body::without_bom(file.to_vec())),
            Err(_) => Err(no_form()),
        };
    }
    Err(no_form())
}

fn refuse(name: &str, rule: &str) -> Problem {
    Problem::InvalidField(vec![FieldError::new(name, "file", rule)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fakes::FakeRequest;
    use futures::executor::block_on;

    fn upload(content_type: &str, body: impl AsRef<[u8]>) -> Result<Vec<u8>, Problem> {
        let request = FakeRequest::default()
            .header(header::CONTENT_TYPE, content_type)
            .chunk(body);
        block_on(read(request.post("/"), "file"))
    }

    fn form(name: &str, file: &str) -> String {
        format!(
            "--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n\
             --b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.ndjson\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n{file}\r\n--b--\r\n"
        )
    }

    const TYPE: &str = "multipart/form-data; boundary=b";

    #[test]
    fn a_file_comes_as_it_is_without_a_byte_order_mark() {
        for (file, read) in [("{}\n{}", "{}\n{}"), ("\u{feff}{}", "{}")] {
            assert_eq!(upload(TYPE, form("file", file)).unwrap(), read.as_bytes());
        }
    }

    #[test]
    fn what_is_no_form_with_this_file_is_refused() {
        for (content_type, body) in [
            (TYPE, form("file", "")),
            (TYPE, form("upload", "{}")),
            (TYPE, String::new()),
            (TYPE, "{}".to_owned()),
            (TYPE, "--b\r\n".to_owned()),
            ("multipart/form-data", form("file", "{}")),
            ("multipart/form-data; boundary=c", form("file", "{}")),
        ] {
            let answer = upload(content_type, &body);
            assert!(
                matches!(answer, Err(Problem::InvalidField(_))),
                "{content_type} {body}"
            );
        }
        let answer = upload("application/json", "{}");
        assert!(matches!(answer, Err(Problem::UnsupportedMediaType(_))));
    }

    #[test]
    fn a_longer_upload_is_refused() {
        let answer = upload(TYPE, form("file", &"x".repeat(UPLOAD.limit)));
        assert!(matches!(answer, Err(Problem::PayloadTooLarge(_))));
    }
}
