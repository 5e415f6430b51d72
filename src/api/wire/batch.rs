//! Many links in one request: the lines of an import, and the report on them.

use super::Refusal;
use serde::Serialize;
use serde_json::value::RawValue;

/// What came of an import, by line.
#[derive(Debug, Default)]
pub struct ImportOutcome {
    pub created: Vec<usize>,
    /// The lines whose codes were already taken. Their links are unchanged.
    pub skipped: Vec<usize>,
    /// Lines that could not be imported.
    pub failed: Vec<RefusedLine>,
}

/// The response to an import.
#[derive(Debug, Serialize)]
pub struct ImportReport {
    /// How many links.
    pub created: usize,
    pub skipped: usize,
    pub failed: Vec<RefusedLine>,
}

impl From<ImportOutcome> for ImportReport {
    fn from(report: ImportOutcome) -> Self {
        Self {
            created: report.created.len(),
            skipped: report.skipped.len(),
            failed: report.failed,
        }
    }
}

/// A line that was not imported, and why.
#[derive(Debug, Serialize)]
pub struct RefusedLine {
    /// The number of the line, or of the element in a JSON array, counted from 1.
    pub line: usize,
    /// As in a problem document.
    pub code: &'static str,
    pub detail: String,
}

impl RefusedLine {
    pub fn new(line: usize, code: &'static str, detail: String) -> Self {
        Self { line, code, detail }
    }
}

/// More lines than there can be links in the largest body. A body with more lines is garbage, and a
/// report on each line would exceed the memory limit of an instance.
const MAX_LINES: usize = 65_536;

/// The numbered links of an import: the lines of NDJSON that are not blank, or the elements of one
/// JSON array.
pub fn lines(body: &[u8]) -> Result<Vec<(usize, &[u8])>, Refusal> {
    let texts: Vec<&[u8]> = if body.trim_ascii_start().first() == Some(&b'[') {
        let elements: Vec<&RawValue> = serde_json::from_slice(body)?;
        elements.iter().map(|raw| raw.get().as_bytes()).collect()
    } else {
        body.split(|byte| *byte == b'\n').collect()
    };
    let numbered = (1..).zip(texts);
    let is_blank = |(_, text): &(usize, &[u8])| text.trim_ascii().is_empty();
    let lines: Vec<_> = numbered.filter(|line| !is_blank(line)).collect();
    if lines.len() > MAX_LINES {
        let rule = format!("more than {MAX_LINES} lines in one request");
        return Err(Refusal::Json(rule));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(body: &str) -> Vec<(usize, &str)> {
        let lines = lines(body.as_bytes()).unwrap().into_iter();
        lines
            .map(|(number, text)| (number, std::str::from_utf8(text).unwrap()))
            .collect()
    }

    #[test]
    fn lines_are_counted_from_one_and_blank_ones_left_out() {
        assert_eq!(numbered("{1}\n\n{3}\r\n"), [(1, "{1}"), (3, "{3}\r")]);
        assert_eq!(numbered("{1}"), [(1, "{1}")]);
        assert_eq!(numbered(""), []);
    }

    #[test]
    fn there_are_no_more_lines_than_links_could_have() {
        let shortest = r#"{"short":"a","url":"http://a"}"#.len() + 1;
        assert!(1024 * 1024 / shortest < MAX_LINES);
        let most = "0\n".repeat(MAX_LINES);
        assert!(lines(most.as_bytes()).is_ok());
        let more = most + "0";
        let answer = lines(more.as_bytes());
        assert!(matches!(answer, Err(Refusal::Json(_))));
    }

    #[test]
    fn the_elements_of_an_array_are_lines() {
        assert_eq!(numbered(" [{\"a\":1},\n2]"), [(1, "{\"a\":1}"), (2, "2")]);
        assert_eq!(numbered("[]"), []);
        assert!(matches!(lines(b"[{}"), Err(Refusal::Json(_))));
    }
}
