//! Packs the Unicode data of ICU4X, as this build of it has it: `tables.lz4`, and `tables.rs`, which says how to
//! read it.
//!
//! LZ4 finds repeated bytes. A table whose entries differ in their low byte has none until its bytes are sorted
//! by significance: first the lowest byte of every entry, then the next of every entry, and so on.

// What is wrong here fails the build.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)]

use std::{env, error::Error, fmt::Write, fs, path::Path};

use icu_normalizer::provider::{
    Baked, DecompositionTables, NormalizerNfcV1, NormalizerNfdTablesV1, NormalizerNfkdTablesV1,
    NormalizerUts46DataV1,
};
use icu_properties::{
    CodePointMapData,
    props::{BidiClass as Bidi, GeneralCategory, GeneralCategoryGroup, JoiningType as Joining},
};
use icu_provider::{DataMarker, DataPayload, DataProvider};
use lz4::block::{self, CompressionMode};
use properties::{BidiClass, JoiningType, Properties};
use serde_json::Value;

#[path = "src/properties.rs"]
#[allow(dead_code, reason = "the half of it that reads is for the library")]
mod properties;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/properties.rs");
    let mut pack = Pack::default();
    pack.add("RUNS", 4, runs());

    let uts46 = load::<NormalizerUts46DataV1>()?;
    let trie = serde_json::to_value(&uts46.get().trie)?;
    pack.add("TRIE_INDEX", 2, numbers(&trie, "index")?);
    pack.add("TRIE_DATA", 4, numbers(&trie, "data")?);
    pack.add_decompositions("NFD", load::<NormalizerNfdTablesV1>()?.get());
    pack.add_decompositions("NFKD", load::<NormalizerNfkdTablesV1>()?.get());
    let nfc = load::<NormalizerNfcV1>()?;
    pack.add(
        "NFC",
        2,
        nfc.get().canonical_compositions.data.iter().map(u32::from),
    );

    let passthrough_cap = uts46.get().passthrough_cap;
    writeln!(pack.code, "const PASSTHROUGH_CAP: u16 = {passthrough_cap};")?;
    writeln!(
        pack.code,
        "const TRIE_HEADER: CodePointTrieHeader = {};",
        header(&trie)?
    )?;
    pack.write_to(Path::new(&env::var("OUT_DIR")?))
}

/// The properties of all code points, as runs of those that share them: the run's length above the properties.
fn runs() -> Vec<u32> {
    let category = CodePointMapData::<GeneralCategory>::new();
    let (bidi, joining) = (
        CodePointMapData::<Bidi>::new(),
        CodePointMapData::<Joining>::new(),
    );
    let mut runs: Vec<u32> = Vec::new();
    for point in 0..=u32::from(char::MAX) {
        let is_mark = GeneralCategoryGroup::Mark.contains(category.get32(point));
        let (bidi, joining) = (
            bidi_class(bidi.get32(point)),
            joining_type(joining.get32(point)),
        );
        let properties = Properties::new(bidi, joining, is_mark);
        match runs.last_mut() {
            Some(run) if Properties::of_word(*run) == properties => *run += 1 << Properties::BITS,
            _ => runs.push(1 << Properties::BITS | properties.word()),
        }
    }
    runs
}

fn bidi_class(class: Bidi) -> BidiClass {
    match class {
        Bidi::LeftToRight => BidiClass::LEFT_TO_RIGHT,
        Bidi::RightToLeft => BidiClass::RIGHT_TO_LEFT,
        Bidi::ArabicLetter => BidiClass::ARABIC_LETTER,
        Bidi::ArabicNumber => BidiClass::ARABIC_NUMBER,
        Bidi::EuropeanNumber => BidiClass::EUROPEAN_NUMBER,
        Bidi::NonspacingMark => BidiClass::NONSPACING_MARK,
        Bidi::EuropeanSeparator
        | Bidi::CommonSeparator
        | Bidi::EuropeanTerminator
        | Bidi::OtherNeutral
        | Bidi::BoundaryNeutral => BidiClass::NEUTRAL,
        _ => BidiClass::OTHER,
    }
}

fn joining_type(joining: Joining) -> JoiningType {
    match joining {
        Joining::LeftJoining => JoiningType::LEFT,
        Joining::RightJoining => JoiningType::RIGHT,
        Joining::DualJoining => JoiningType::DUAL,
        Joining::Transparent => JoiningType::TRANSPARENT,
        _ => JoiningType::OTHER,
    }
}

fn load<M: DataMarker>() -> Result<DataPayload<M>, Box<dyn Error>>
where
    Baked: DataProvider<M>,
{
    Ok(Baked.load(Default::default())?.payload)
}

fn numbers(object: &Value, key: &str) -> Result<Vec<u32>, Box<dyn Error>> {
    Ok(serde_json::from_value(object[key].clone())?)
}

/// As the constant expression it came from.
fn header(trie: &Value) -> Result<String, Box<dyn Error>> {
    let mut code = String::from("CodePointTrieHeader {");
    for (key, value) in trie["header"].as_object().ok_or("a trie has a header")? {
        match value.as_str() {
            Some(variant) => write!(code, "{key}: TrieType::{variant}, ")?,
            None => write!(code, "{key}: {value}, ")?,
        }
    }
    code.push('}');
    Ok(code)
}

#[derive(Default)]
struct Pack {
    bytes: Vec<u8>,
    code: String,
}

impl Pack {
    /// Appends a table whose entries need `width` bytes each, and a constant that says where it is.
    fn add(&mut self, name: &str, width: usize, entries: impl IntoIterator<Item = u32>) {
        let entries: Vec<[u8; 4]> = entries.into_iter().map(u32::to_le_bytes).collect();
        let start = self.bytes.len();
        for significance in 0..width {
            self.bytes
                .extend(entries.iter().map(|entry| entry[significance]));
        }
        let end = self.bytes.len();
        self.code +=
            &format!("const {name}: Table = Table {{ range: {start}..{end}, width: {width} }};\n");
    }

    fn add_decompositions(&mut self, form: &str, tables: &DecompositionTables) {
        let scalars16 = tables.scalars16.iter().map(u32::from);
        self.add(&format!("{form}_SCALARS16"), 2, scalars16);
        let scalars24 = tables.scalars24.iter().map(u32::from);
        self.add(&format!("{form}_SCALARS24"), 3, scalars24);
    }

    fn write_to(mut self, dir: &Path) -> Result<(), Box<dyn Error>> {
        writeln!(self.code, "const UNPACKED: usize = {};", self.bytes.len())?;
        fs::write(dir.join("tables.rs"), self.code)?;
        // The densest there is.
        let mode = CompressionMode::HIGHCOMPRESSION(12);
        let packed = block::compress(&self.bytes, Some(mode), false)?;
        fs::write(dir.join("tables.lz4"), packed)?;
        Ok(())
    }
}
