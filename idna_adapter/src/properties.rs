//! What IDNA has to know of a character, in one word. `build.rs` includes this file to make the words.

/// From the lowest bit: the bidi class, the joining type, and whether it is a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Properties(u32);

impl Properties {
    const JOINING: u32 = 3;
    const MARK: u32 = 6;
    /// How many bits they are.
    pub const BITS: u32 = 7;

    #[allow(dead_code, reason = "for build.rs")]
    pub const fn new(bidi: BidiClass, joining: JoiningType, is_mark: bool) -> Self {
        Self((is_mark as u32) << Self::MARK | joining.0 << Self::JOINING | bidi.0)
    }

    /// Those in the lowest bits of a word.
    pub const fn of_word(word: u32) -> Self {
        Self(word & ((1 << Self::BITS) - 1))
    }

    pub const fn word(self) -> u32 {
        self.0
    }

    pub const fn bidi_class(self) -> BidiClass {
        BidiClass(self.0 & 0x7)
    }

    pub const fn joining_type(self) -> JoiningType {
        JoiningType(self.0 >> Self::JOINING & 0x7)
    }

    pub const fn is_mark(self) -> bool {
        self.0 >> Self::MARK == 1
    }
}

/// A set of bidi classes, or of joining types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mask(u32);

impl Mask {
    const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// Bidi_Class (UAX #9, section 3.2), as far as the Bidi Rule (RFC 5893, section 2) tells the classes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BidiClass(u32);

impl BidiClass {
    /// Those that no label may have.
    pub const OTHER: Self = Self(0);
    pub const LEFT_TO_RIGHT: Self = Self(1);
    pub const RIGHT_TO_LEFT: Self = Self(2);
    pub const ARABIC_LETTER: Self = Self(3);
    pub const ARABIC_NUMBER: Self = Self(4);
    pub const EUROPEAN_NUMBER: Self = Self(5);
    pub const NONSPACING_MARK: Self = Self(6);
    /// ES, CS, ET, ON and BN, which are always allowed together.
    pub const NEUTRAL: Self = Self(7);

    pub const fn to_mask(self) -> Mask {
        Mask(1 << self.0)
    }

    pub fn is_ltr(self) -> bool {
        self == Self::LEFT_TO_RIGHT
    }

    pub fn is_nonspacing_mark(self) -> bool {
        self == Self::NONSPACING_MARK
    }

    pub fn is_european_number(self) -> bool {
        self == Self::EUROPEAN_NUMBER
    }

    pub fn is_arabic_number(self) -> bool {
        self == Self::ARABIC_NUMBER
    }
}

/// Makes a domain a bidi domain (RFC 5893, section 1.4).
pub const RTL_MASK: Mask = BidiClass::RIGHT_TO_LEFT
    .to_mask()
    .or(BidiClass::ARABIC_LETTER.to_mask())
    .or(BidiClass::ARABIC_NUMBER.to_mask());
/// First in a label: rule 1 (RFC 5893, section 2, as the others).
pub const FIRST_BC_MASK: Mask = BidiClass::LEFT_TO_RIGHT
    .to_mask()
    .or(BidiClass::RIGHT_TO_LEFT.to_mask())
    .or(BidiClass::ARABIC_LETTER.to_mask());
/// Last in a left-to-right label: rule 6.
pub const LAST_LTR_MASK: Mask = BidiClass::LEFT_TO_RIGHT
    .to_mask()
    .or(BidiClass::EUROPEAN_NUMBER.to_mask());
/// Last in a right-to-left label: rule 3.
pub const LAST_RTL_MASK: Mask = BidiClass::RIGHT_TO_LEFT
    .to_mask()
    .or(BidiClass::ARABIC_LETTER.to_mask())
    .or(BidiClass::EUROPEAN_NUMBER.to_mask())
    .or(BidiClass::ARABIC_NUMBER.to_mask());
/// Anywhere in a left-to-right label: rule 5.
pub const MIDDLE_LTR_MASK: Mask = LAST_LTR_MASK
    .or(BidiClass::NEUTRAL.to_mask())
    .or(BidiClass::NONSPACING_MARK.to_mask());
/// Anywhere in a right-to-left label: rule 2.
pub const MIDDLE_RTL_MASK: Mask = LAST_RTL_MASK
    .or(BidiClass::NEUTRAL.to_mask())
    .or(BidiClass::NONSPACING_MARK.to_mask());

/// Joining_Type, as far as the ContextJ rule for U+200C (RFC 5892, appendix A.1) tells the types apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoiningType(u32);

impl JoiningType {
    pub const OTHER: Self = Self(0);
    pub const LEFT: Self = Self(1);
    pub const RIGHT: Self = Self(2);
    pub const DUAL: Self = Self(3);
    pub const TRANSPARENT: Self = Self(4);

    pub const fn to_mask(self) -> Mask {
        Mask(1 << self.0)
    }

    pub fn is_transparent(self) -> bool {
        self == Self::TRANSPARENT
    }
}

/// What may stand before a zero-width non-joiner.
pub const LEFT_OR_DUAL_JOINING_MASK: Mask =
    JoiningType::LEFT.to_mask().or(JoiningType::DUAL.to_mask());
/// What may stand after one.
pub const RIGHT_OR_DUAL_JOINING_MASK: Mask =
    JoiningType::RIGHT.to_mask().or(JoiningType::DUAL.to_mask());
