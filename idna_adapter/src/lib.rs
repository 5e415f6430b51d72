//! The Unicode back end of [`idna`](https://docs.rs/idna), which `url` reads international host names with: a
//! stand-in for the [crate of the same name](https://docs.rs/idna_adapter), which exists to be exchanged.
//!
//! The other one keeps ICU4X's tables as they are: 105 KB, a fifth of the component, for hosts that few links
//! have, spelled in their own letters or as `xn--`. Here they are packed by `build.rs` and unpacked when the
//! first such host is read. The algorithms are ICU4X's as before, and `tests/equivalence.rs` compares both over
//! all of Unicode.
//!
//! # Layout
//!
//! - [`Adapter`]: what `idna` asks for
//! - `properties`: the types it asks in
//! - `tables`: unpacking

mod properties;
mod tables;

pub use properties::{
    BidiClass, FIRST_BC_MASK, JoiningType, LAST_LTR_MASK, LAST_RTL_MASK, LEFT_OR_DUAL_JOINING_MASK,
    MIDDLE_LTR_MASK, MIDDLE_RTL_MASK, Mask, Mask as JoiningTypeMask, RIGHT_OR_DUAL_JOINING_MASK,
    RTL_MASK,
};
use tables::tables;

/// Properties of characters (UAX #44) and the mapping of UTS #46, section 4.
#[derive(Clone, Copy, Debug, Default)]
pub struct Adapter;

impl Adapter {
    /// Costs nothing: the tables are unpacked by the first call that needs them, once.
    pub const fn new() -> Self {
        Self
    }

    /// Whether its canonical combining class is Virama.
    pub fn is_virama(&self, c: char) -> bool {
        tables().mapper.is_virama(c)
    }

    /// Whether its general category is a kind of Mark.
    pub fn is_mark(&self, c: char) -> bool {
        tables().properties(c).is_mark()
    }

    pub fn bidi_class(&self, c: char) -> BidiClass {
        tables().properties(c).bidi_class()
    }

    pub fn joining_type(&self, c: char) -> JoiningType {
        tables().properties(c).joining_type()
    }

    /// Maps characters, leaves out those to be ignored, and composes (UTS #46, processing steps 1 and 2). A
    /// character that is disallowed becomes U+FFFD.
    pub fn map_normalize<'a>(
        &'a self,
        characters: impl Iterator<Item = char> + 'a,
    ) -> impl Iterator<Item = char> + 'a {
        tables().mapper.map_normalize(boxed(characters))
    }

    /// The same, for what was decoded from Punycode, where a character to be ignored is an error: U+FFFD.
    pub fn normalize_validate<'a>(
        &'a self,
        characters: impl Iterator<Item = char> + 'a,
    ) -> impl Iterator<Item = char> + 'a {
        tables().mapper.normalize_validate(boxed(characters))
    }
}

/// One type for all iterators, so that the code that composes is there once.
fn boxed<'a>(characters: impl Iterator<Item = char> + 'a) -> Box<dyn Iterator<Item = char> + 'a> {
    Box::new(characters)
}
