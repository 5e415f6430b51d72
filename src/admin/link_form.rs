//! The form for a link: what was typed into its fields, and what is wrong with it.
//!
//! The API's own reader checks it: a form becomes the JSON that a program would have sent.

use super::{form::Form, moment};
use crate::{
    api::problem::Problem,
    domain::{Link, Note, Timestamp},
};
use serde_json::{Map, Value};

/// A field of the form, by the name it has in the API.
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    /// The type of the input (HTML standard, section 4.10.5).
    pub kind: &'static str,
    pub hint: String,
    pub is_required: bool,
    pub value: String,
    pub error: Option<String>,
}

pub struct LinkForm {
    pub fields: Vec<Field>,
    /// What is wrong, if it is not about one of the fields.
    pub error: Option<String>,
}

const TIMES: [&str; 2] = ["not_before", "expires_at"];

impl LinkForm {
    /// For a new link.
    pub fn to_create(now: Timestamp) -> Self {
        let mut form = Self::to_edit(now);
        let code = Field {
            hint:
                "Optional: letters and digits, and . _ ~ - after the first. Without one, the link gets a generated code."
                    .to_owned(),
            ..Field::optional("short", "Short code")
        };
        form.fields.insert(1, code);
        form
    }

    /// For a link that has its code.
    pub fn to_edit(now: Timestamp) -> Self {
        let time = |name, label| Field {
            kind: "datetime-local",
            hint: format!(
                "Optional, in UTC, where it is now {}.",
                moment::Moment::new(now).text()
            ),
            ..Field::optional(name, label)
        };
        let destination = Field {
            is_required: true,
            hint: "Where visitors are sent, with https:// or http:// before it.".to_owned(),
            ..Field::optional("url", "Destination")
        };
        let note = Field {
            hint: "Optional, up to 500 characters. No visitor sees it.".to_owned(),
            ..Field::optional("note", "Note")
        };
        let fields = vec![
            destination,
            time("not_before", "Starts"),
            time("expires_at", "Expires"),
            note,
        ];
        Self {
            fields,
            error: None,
        }
    }

    /// With what `link` has.
    pub fn showing(mut self, link: &Link) -> Self {
        for field in &mut self.fields {
            let (value, kind) = match field.name {
                "url" => (link.destination.as_str().to_owned(), field.kind),
                "not_before" => moment::to_field(link.lifetime.not_before),
                "expires_at" => moment::to_field(link.lifetime.expires_at),
                "note" => (note(link).to_owned(), field.kind),
                _ => (String::new(), field.kind),
            };
            field.value = value;
            field.kind = kind;
        }
        self
    }

    /// With what somebody has typed.
    pub fn typed(mut self, form: &Form) -> Self {
        for field in &mut self.fields {
            form.get(field.name).clone_into(&mut field.value);
            let is_other = moment::from_field(&field.value) == field.value;
            if TIMES.contains(&field.name) && is_other && !field.value.is_empty() {
                // A browser would not show it.
                field.kind = "text";
            }
        }
        self
    }

    /// With what is wrong, in the words of the API: at the field that it is about, if it is about one.
    pub fn refused(mut self, problem: &Problem) -> Self {
        let mut others: Vec<String> = Vec::new();
        for error in problem.fields() {
            match self.field(&error.field) {
                Some(field) => field.error = Some(format!("{} {}", field.label, error.detail)),
                None => others.push(format!("{} {}", error.field, error.detail)),
            }
        }
        match (problem, self.field("short")) {
            (Problem::Conflict(_), Some(code)) => code.error = Some(problem.detail().into_owned()),
            _ if problem.fields().is_empty() => others.push(problem.detail().into_owned()),
            _ => {}
        }
        self.error = (!others.is_empty()).then(|| others.join("; "));
        self
    }

    /// With the warning that the link is no longer the one that was shown.
    pub fn overtaken(self) -> Self {
        let error = "The link was changed after you had opened this page. The form still has what you typed. \
             To replace the change with it, save again.";
        Self {
            error: Some(error.to_owned()),
            ..self
        }
    }

    /// The fields with something wrong.
    pub fn wrong_fields(&self) -> Vec<(&'static str, &str)> {
        let wrong = self.fields.iter();
        wrong
            .filter_map(|field| Some((field.name, field.error.as_deref()?)))
            .collect()
    }

    /// The body of a create.
    pub fn to_link(&self) -> Vec<u8> {
        let given = self.fields.iter().filter(|field| !field.value.is_empty());
        json(given.map(|field| (field.name, field.sent())))
    }

    /// The merge patch (RFC 7396) that makes `link` what was typed. What is as before is not in it, since it
    /// may be older than a rule that it breaks.
    pub fn to_patch(&self, link: &Link) -> Vec<u8> {
        let changed = self.fields.iter().filter(|field| !field.is_as_in(link));
        json(changed.map(|field| {
            let value = match field.value.is_empty() {
                true => Value::Null,
                false => field.sent(),
            };
            (field.name, value)
        }))
    }

    /// Whether nothing was typed but what `link` has already.
    pub fn is_as(&self, link: &Link) -> bool {
        self.fields.iter().all(|field| field.is_as_in(link))
    }

    fn field(&mut self, name: &str) -> Option<&mut Field> {
        self.fields.iter_mut().find(|field| field.name == name)
    }
}

impl Field {
    fn optional(name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            kind: "text",
            hint: String::new(),
            is_required: false,
            value: String::new(),
            error: None,
        }
    }

    /// As the API takes it.
    fn sent(&self) -> Value {
        match TIMES.contains(&self.name) {
            true => moment::from_field(&self.value).into(),
            false => self.value.as_str().into(),
        }
    }

    fn is_as_in(&self, link: &Link) -> bool {
        let is_time = |time: Option<Timestamp>| match time {
            None => self.value.is_empty(),
            time => Timestamp::parse(&moment::from_field(&self.value)).ok() == time,
        };
        match self.name {
            "url" => self.value == link.destination.as_str(),
            "not_before" => is_time(link.lifetime.not_before),
            "expires_at" => is_time(link.lifetime.expires_at),
            // A form is read without blanks around what was typed.
            "note" => self.value == note(link).trim(),
            _ => true,
        }
    }
}

fn note(link: &Link) -> &str {
    link.note.as_ref().map_or("", Note::as_str)
}

fn json(members: impl Iterator<Item = (&'static str, Value)>) -> Vec<u8> {
    let members = members.map(|(name, value)| (name.to_owned(), value));
    let object: Map<String, Value> = members.collect();
    Value::Object(object).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::wire::FieldError,
        domain::{Code, Destination, Lifetime},
        fakes::FakeRequest,
        http::header,
    };
    use futures::executor::block_on;
    use serde_json::json;
    use url::form_urlencoded;

    fn now() -> Timestamp {
        Timestamp::from_unix(0, 0)
    }

    fn form(body: &str) -> Form {
        let request = FakeRequest::default()
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .chunk(body);
        block_on(Form::read(request.post("/"))).unwrap()
    }

    fn link() -> Link {
        let at = |text| Timestamp::parse(text).ok();
        Link {
            code: Code::parse("a").unwrap(),
            destination: Destination::parse("https://a.example/?b=c&d").unwrap(),
            created_at: None,
            created_by: None,
            updated_at: None,
            updated_by: None,
            lifetime: Lifetime {
                not_before: at("2030-01-31T12:00:00.123456789Z"),
                expires_at: at("2031-01-31T12:00:00Z"),
            },
            pass_on: Default::default(),
            note: Note::parse(" spring sale ").ok(),
            earlier_clicks: 0,
        }
    }

    fn value(json: &[u8]) -> Value {
        serde_json::from_slice(json).unwrap()
    }

    #[test]
    fn a_form_becomes_what_a_program_would_send() {
        let typed = form(
            "url=https%3A%2F%2Fa.example&short=&not_before=2030-01-31T12%3A00&expires_at=soon&note=+x+",
        );
        let link = LinkForm::to_create(now()).typed(&typed).to_link();
        let expected = json!({
            "url": "https://a.example",
            "not_before": "2030-01-31T12:00:00Z",
            "expires_at": "soon",
            "note": "x",
        });
        assert_eq!(value(&link), expected);
    }

    /// What a browser sends for a form that shows `link`, with some fields changed.
    fn sent(changes: &[(&str, &str)]) -> LinkForm {
        let shown = LinkForm::to_edit(now()).showing(&link());
        let mut body = form_urlencoded::Serializer::new(String::new());
        for field in &shown.fields {
            let change = changes.iter().find(|(name, _)| *name == field.name);
            let value = change.map_or(field.value.as_str(), |(_, value)| value);
            // As browsers shorten it.
            let value = value.strip_suffix(":00").unwrap_or(value);
            body.append_pair(field.name, value);
        }
        LinkForm::to_edit(now()).typed(&form(&body.finish()))
    }

    #[test]
    fn a_form_that_comes_back_as_it_was_changes_nothing() {
        let form = sent(&[]);
        assert!(form.is_as(&link()));
        assert_eq!(value(&form.to_patch(&link())), json!({}));
    }

    #[test]
    fn only_what_was_changed_is_in_the_patch() {
        for (changes, patch) in [
            (&[("note", "x")][..], json!({ "note": "x" })),
            (&[("note", "")], json!({ "note": null })),
            (&[("url", "")], json!({ "url": null })),
            (
                &[("url", "ftp://a"), ("expires_at", "")],
                json!({ "url": "ftp://a", "expires_at": null }),
            ),
            (
                &[("not_before", "2030-01-31T12:01")],
                json!({ "not_before": "2030-01-31T12:01:00Z" }),
            ),
        ] {
            let form = sent(changes);
            assert!(!form.is_as(&link()));
            assert_eq!(value(&form.to_patch(&link())), patch);
        }
    }

    #[test]
    fn what_is_wrong_stands_at_its_field_and_what_was_typed_stays() {
        let typed = form("url=x&short=y&not_before=tomorrow");
        let errors = ["url", "not_before", "pass_on"]
            .map(|field| FieldError::new(field, "a_code", "must be better"));
        let form = LinkForm::to_create(now())
            .typed(&typed)
            .refused(&Problem::InvalidField(errors.to_vec()));
        let wrong = [
            ("url", "Destination must be better"),
            ("not_before", "Starts must be better"),
        ];
        assert_eq!(form.wrong_fields(), wrong);
        assert_eq!(form.error.as_deref(), Some("pass_on must be better"));
        let values: Vec<_> = form
            .fields
            .iter()
            .map(|field| field.value.as_str())
            .collect();
        assert_eq!(values, ["x", "y", "tomorrow", "", ""]);
        // A field for dates would show nothing.
        assert_eq!(form.fields[2].kind, "text");
    }

    #[test]
    fn a_taken_code_is_wrong_at_the_code_and_everything_else_above_the_form() {
        let refused = |problem| LinkForm::to_create(now()).refused(&problem);
        let taken = refused(Problem::Conflict(None));
        assert_eq!(taken.wrong_fields()[0].0, "short");
        assert_eq!(taken.error, None);
        let late = refused(Problem::TryAgain("later"));
        assert_eq!(late.wrong_fields(), []);
        assert_eq!(late.error.as_deref(), Some("later"));
    }
}
