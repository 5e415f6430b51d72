//! The form for a link: what was typed into its fields, and what is wrong with it.
//!
//! The API's own reader checks it: a form becomes the JSON that a program would have sent. A form that edits a
//! link also carries what it has shown, so that only what somebody has changed is sent.

use super::{form::Form, moment};
use crate::{
    api::problem::Problem,
    domain::{Link, Note, Timestamp},
};
use serde_json::{Map, Value};

/// The fields of a form, with what was typed.
pub struct LinkForm {
    pub fields: Vec<Field>,
    /// What is wrong, if it is not about one of the fields.
    pub error: Option<String>,
}

/// A field, with what was typed.
pub struct Field {
    pub name: Name,
    pub hint: String,
    pub value: String,
    /// What the form has shown; empty for a new link.
    pub shown: String,
    pub error: Option<String>,
}

/// What of a link a form has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Name {
    Url,
    Short,
    NotBefore,
    ExpiresAt,
    Note,
}

impl LinkForm {
    /// For a new link.
    pub fn to_create(now: Timestamp) -> Self {
        let names = [
            Name::Url,
            Name::Short,
            Name::NotBefore,
            Name::ExpiresAt,
            Name::Note,
        ];
        Self::of(&names, now)
    }

    /// For a link that has its code.
    pub fn to_edit(now: Timestamp) -> Self {
        let names = [Name::Url, Name::NotBefore, Name::ExpiresAt, Name::Note];
        Self::of(&names, now)
    }

    fn of(names: &[Name], now: Timestamp) -> Self {
        Self {
            fields: names.iter().map(|name| Field::empty(*name, now)).collect(),
            error: None,
        }
    }

    /// With what `link` has.
    pub fn showing(mut self, link: &Link) -> Self {
        for field in &mut self.fields {
            field.shown = field.name.stored(link);
            field.value = field.shown.clone();
        }
        self
    }

    /// With what somebody has typed.
    pub fn typed(mut self, form: &Form) -> Self {
        for field in &mut self.fields {
            form.get(field.name.as_str()).clone_into(&mut field.value);
            form.get(&field.shown_name()).clone_into(&mut field.shown);
        }
        self
    }

    /// After the link has become this one: with what it has now, except in the fields that somebody has changed.
    pub fn overtaken(mut self, link: &Link) -> Self {
        for field in &mut self.fields {
            let stored = field.name.stored(link);
            if !field.is_changed() {
                field.value.clone_from(&stored);
            }
            field.shown = stored;
        }
        let error = "Someone changed this link after you opened this page. Your changes are still in the form. Save \
             again to apply them to the link as it is now.";
        Self {
            error: Some(error.to_owned()),
            ..self
        }
    }

    /// With the warning that this form has created a link already.
    pub fn sent_before(self) -> Self {
        let error = "This form has already created a link. Submit it again to create another.";
        Self {
            error: Some(error.to_owned()),
            ..self
        }
    }

    /// With what is wrong, in the words of the API: at the field that it is about, if it is about one.
    pub fn refused(mut self, problem: &Problem) -> Self {
        let mut others: Vec<String> = Vec::new();
        for error in problem.fields() {
            match self.field(&error.field) {
                Some(field) => {
                    field.error = Some(format!("{} {}", field.name.label(), error.detail));
                }
                None => others.push(format!("{} {}", error.field, error.detail)),
            }
        }
        match (problem, self.field(Name::Short.as_str())) {
            (Problem::Conflict(_), Some(code)) => code.error = Some(problem.detail().into_owned()),
            _ if problem.fields().is_empty() => others.push(problem.detail().into_owned()),
            _ => {}
        }
        self.error = (!others.is_empty()).then(|| others.join("; "));
        self
    }

    /// The fields with something wrong.
    pub fn wrong_fields(&self) -> Vec<(&'static str, &str)> {
        let wrong = self.fields.iter();
        wrong
            .filter_map(|field| Some((field.name.as_str(), field.error.as_deref()?)))
            .collect()
    }

    pub fn is_wrong(&self) -> bool {
        self.error.is_some() || self.fields.iter().any(|field| field.error.is_some())
    }

    /// Whether somebody has changed what the form has shown.
    pub fn is_changed(&self) -> bool {
        self.fields.iter().any(Field::is_changed)
    }

    /// Whether this field was changed.
    pub fn changes(&self, name: Name) -> bool {
        let mut fields = self.fields.iter();
        fields.any(|field| field.name == name && field.is_changed())
    }

    /// The body of a create.
    pub fn to_link(&self) -> Vec<u8> {
        let given = self.fields.iter().filter(|field| !field.value.is_empty());
        json(given.map(|field| (field.name, field.sent().into())))
    }

    /// The merge patch (RFC 7396) with what was changed. The rest may be older than a rule that it breaks.
    pub fn to_patch(&self) -> Vec<u8> {
        let changed = self.fields.iter().filter(|field| field.is_changed());
        json(changed.map(|field| {
            let value = match field.value.is_empty() {
                true => Value::Null,
                false => field.sent().into(),
            };
            (field.name, value)
        }))
    }

    fn field(&mut self, name: &str) -> Option<&mut Field> {
        let mut fields = self.fields.iter_mut();
        fields.find(|field| field.name.as_str() == name)
    }
}

impl Field {
    fn empty(name: Name, now: Timestamp) -> Self {
        Self {
            name,
            hint: name.hint(now),
            value: String::new(),
            shown: String::new(),
            error: None,
        }
    }

    /// The name of the hidden field with what was shown.
    pub fn shown_name(&self) -> String {
        format!("shown-{}", self.name.as_str())
    }

    /// The type of the input (HTML standard, section 4.10.5). A browser's field for times shows nothing for what
    /// is none, and would then remove it.
    pub fn kind(&self) -> &'static str {
        match self.name.is_time() && moment::fits_field(&self.value) {
            true => "datetime-local",
            false => "text",
        }
    }

    /// As the API takes it.
    fn sent(&self) -> String {
        self.name.sent(&self.value)
    }

    fn is_changed(&self) -> bool {
        let [value, shown] = [&self.value, &self.shown].map(|text| self.name.sent(text));
        match [&value, &shown].map(|text| Timestamp::parse(text)) {
            // A browser may write the same time in another way.
            [Ok(value), Ok(shown)] if self.name.is_time() => value != shown,
            _ => value != shown,
        }
    }
}

impl Name {
    /// As in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Short => "short",
            Self::NotBefore => "not_before",
            Self::ExpiresAt => "expires_at",
            Self::Note => "note",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Url => "Destination",
            Self::Short => "Short code",
            Self::NotBefore => "Start",
            Self::ExpiresAt => "Expiry",
            Self::Note => "Note",
        }
    }

    fn hint(self, now: Timestamp) -> String {
        match self {
            Self::Url => {
                "The full address visitors are sent to, such as https://example.com/page.".to_owned()
            }
            Self::Short => "Optional. Letters, digits and . _ ~ -, starting with a letter or digit. Leave it empty to \
                 have one generated."
                .to_owned(),
            Self::NotBefore | Self::ExpiresAt => {
                let now = moment::Moment::new(now);
                format!("Optional. Times are in UTC; it is now {}.", now.minute)
            }
            Self::Note => "Optional, up to 500 characters. Visitors don't see it.".to_owned(),
        }
    }

    fn is_time(self) -> bool {
        matches!(self, Self::NotBefore | Self::ExpiresAt)
    }

    pub fn is_url(self) -> bool {
        self == Self::Url
    }

    pub fn is_code(self) -> bool {
        self == Self::Short
    }

    /// Whether it is text for machines, which no keyboard should correct.
    pub fn is_technical(self) -> bool {
        matches!(self, Self::Url | Self::Short)
    }

    /// What a form shows of `link`. It is read without blanks around it.
    fn stored(self, link: &Link) -> String {
        match self {
            Self::Url => link.destination.as_str().to_owned(),
            Self::Short => link.code.to_string(),
            Self::NotBefore => moment::to_field(link.lifetime.not_before),
            Self::ExpiresAt => moment::to_field(link.lifetime.expires_at),
            Self::Note => {
                let note = link.note.as_ref().map_or("", Note::as_str);
                note.trim().to_owned()
            }
        }
    }

    fn sent(self, text: &str) -> String {
        match self.is_time() {
            true => moment::from_field(text),
            false => text.to_owned(),
        }
    }
}

fn json(members: impl Iterator<Item = (Name, Value)>) -> Vec<u8> {
    let members = members.map(|(name, value)| (name.as_str().to_owned(), value));
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

    fn link(url: &str, expires_at: &str) -> Link {
        let at = |text| Timestamp::parse(text).ok();
        Link {
            code: Code::parse("a").unwrap(),
            destination: Destination::parse(url).unwrap(),
            created_at: None,
            created_by: None,
            updated_at: None,
            updated_by: None,
            lifetime: Lifetime {
                not_before: at("2030-01-31T12:00:00.123456789Z"),
                expires_at: at(expires_at),
            },
            pass_on: Default::default(),
            note: Note::parse(" spring sale ").ok(),
            earlier_clicks: 0,
        }
    }

    fn old_link() -> Link {
        link("https://a.example/?b=c&d", "2031-01-31T12:00:00Z")
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

    /// What a browser sends for a form that shows the old link, with some fields changed.
    fn sent(changes: &[(&str, &str)]) -> LinkForm {
        let shown = LinkForm::to_edit(now()).showing(&old_link());
        let mut body = form_urlencoded::Serializer::new(String::new());
        for field in &shown.fields {
            let name = field.name.as_str();
            let change = changes.iter().find(|(changed, _)| *changed == name);
            let value = change.map_or(field.value.as_str(), |(_, value)| value);
            // As browsers shorten it.
            body.append_pair(name, value.strip_suffix(":00").unwrap_or(value));
            body.append_pair(&field.shown_name(), &field.shown);
        }
        LinkForm::to_edit(now()).typed(&form(&body.finish()))
    }

    #[test]
    fn a_form_that_comes_back_as_it_was_changes_nothing() {
        let form = sent(&[]);
        assert!(!form.is_changed());
        assert_eq!(value(&form.to_patch()), json!({}));
        assert!(!sent(&[("expires_at", "2031-01-31T12:00:00.000")]).is_changed());
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
            assert!(form.is_changed());
            assert_eq!(value(&form.to_patch()), patch);
            assert_eq!(form.changes(Name::Url), patch.get("url").is_some());
        }
    }

    #[test]
    fn what_nobody_has_changed_follows_the_link_that_was_changed_elsewhere() {
        let new = link("https://new.example", "2032-01-31T12:00:00Z");
        let form = sent(&[("note", "mine")]).overtaken(&new);
        assert!(form.is_wrong());
        let values: Vec<_> = form
            .fields
            .iter()
            .map(|field| field.value.as_str())
            .collect();
        let expected = [
            "https://new.example",
            "2030-01-31T12:00:00.123456789Z",
            "2032-01-31T12:00:00",
            "mine",
        ];
        assert_eq!(values, expected);
        assert_eq!(value(&form.to_patch()), json!({ "note": "mine" }));
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
            ("not_before", "Start must be better"),
        ];
        assert_eq!(form.wrong_fields(), wrong);
        assert_eq!(form.error.as_deref(), Some("pass_on must be better"));
        let values: Vec<_> = form
            .fields
            .iter()
            .map(|field| field.value.as_str())
            .collect();
        assert_eq!(values, ["x", "y", "tomorrow", "", ""]);
        assert_eq!(form.fields[2].kind(), "text");
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
        assert!(!LinkForm::to_create(now()).is_wrong());
    }
}
