//! The packed tables against those of ICU4X they were made from, over all of Unicode.

use icu_normalizer::uts46::Uts46MapperBorrowed;
use icu_properties::{
    CodePointMapData,
    props::{
        BidiClass as Bidi, CanonicalCombiningClass, GeneralCategory, GeneralCategoryGroup,
        JoiningType as Joining,
    },
};
use idna_adapter::{
    Adapter, FIRST_BC_MASK, LAST_LTR_MASK, LAST_RTL_MASK, LEFT_OR_DUAL_JOINING_MASK,
    MIDDLE_LTR_MASK, MIDDLE_RTL_MASK, RIGHT_OR_DUAL_JOINING_MASK, RTL_MASK,
};

fn all_characters() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

#[test]
fn every_character_is_a_mark_or_a_virama_as_icu4x_has_it() {
    let category = CodePointMapData::<GeneralCategory>::new();
    let combining = CodePointMapData::<CanonicalCombiningClass>::new();
    for c in all_characters() {
        let is_mark = GeneralCategoryGroup::Mark.contains(category.get(c));
        assert_eq!(Adapter::new().is_mark(c), is_mark, "{c:?}");
        let is_virama = combining.get(c) == CanonicalCombiningClass::Virama;
        assert_eq!(Adapter::new().is_virama(c), is_virama, "{c:?}");
    }
}

#[test]
fn every_character_is_in_the_sets_of_the_bidi_rule_that_rfc_5893_names() {
    let bidi = CodePointMapData::<Bidi>::new();
    let always = [
        Bidi::EuropeanNumber,
        Bidi::EuropeanSeparator,
        Bidi::CommonSeparator,
        Bidi::EuropeanTerminator,
        Bidi::OtherNeutral,
        Bidi::BoundaryNeutral,
        Bidi::NonspacingMark,
    ];
    let sets = [
        (
            RTL_MASK,
            vec![Bidi::RightToLeft, Bidi::ArabicLetter, Bidi::ArabicNumber],
        ),
        (
            FIRST_BC_MASK,
            vec![Bidi::LeftToRight, Bidi::RightToLeft, Bidi::ArabicLetter],
        ),
        (LAST_LTR_MASK, vec![Bidi::LeftToRight, Bidi::EuropeanNumber]),
        (
            LAST_RTL_MASK,
            vec![
                Bidi::RightToLeft,
                Bidi::ArabicLetter,
                Bidi::EuropeanNumber,
                Bidi::ArabicNumber,
            ],
        ),
        (
            MIDDLE_LTR_MASK,
            [&always[..], &[Bidi::LeftToRight]].concat(),
        ),
        (
            MIDDLE_RTL_MASK,
            [
                &always[..],
                &[Bidi::RightToLeft, Bidi::ArabicLetter, Bidi::ArabicNumber],
            ]
            .concat(),
        ),
    ];
    for c in all_characters() {
        let (ours, theirs) = (Adapter::new().bidi_class(c), bidi.get(c));
        for (mask, classes) in &sets {
            assert_eq!(
                ours.to_mask().intersects(*mask),
                classes.contains(&theirs),
                "{c:?}"
            );
        }
        assert_eq!(ours.is_ltr(), theirs == Bidi::LeftToRight, "{c:?}");
        assert_eq!(
            ours.is_nonspacing_mark(),
            theirs == Bidi::NonspacingMark,
            "{c:?}"
        );
        assert_eq!(
            ours.is_european_number(),
            theirs == Bidi::EuropeanNumber,
            "{c:?}"
        );
        assert_eq!(
            ours.is_arabic_number(),
            theirs == Bidi::ArabicNumber,
            "{c:?}"
        );
    }
}

#[test]
fn every_character_joins_as_icu4x_has_it() {
    let joining = CodePointMapData::<Joining>::new();
    for c in all_characters() {
        let (ours, theirs) = (Adapter::new().joining_type(c), joining.get(c));
        let left = matches!(theirs, Joining::LeftJoining | Joining::DualJoining);
        let right = matches!(theirs, Joining::RightJoining | Joining::DualJoining);
        assert_eq!(
            ours.to_mask().intersects(LEFT_OR_DUAL_JOINING_MASK),
            left,
            "{c:?}"
        );
        assert_eq!(
            ours.to_mask().intersects(RIGHT_OR_DUAL_JOINING_MASK),
            right,
            "{c:?}"
        );
        assert_eq!(
            ours.is_transparent(),
            theirs == Joining::Transparent,
            "{c:?}"
        );
    }
}

/// Alone, after each character that may compose with many, and before marks that are put in order.
#[test]
fn every_character_is_mapped_and_normalized_as_by_icu4x() {
    let theirs = Uts46MapperBorrowed::new();
    let ours = Adapter::new();
    for c in all_characters() {
        for text in [
            vec![c],
            vec!['a', c, '\u{301}'],
            vec![c, '\u{323}', '\u{307}'],
            vec!['\u{1100}', c],
        ] {
            let mapped = |it: &mut dyn Iterator<Item = char>| it.collect::<String>();
            assert_eq!(
                mapped(&mut ours.map_normalize(text.iter().copied())),
                mapped(&mut theirs.map_normalize(text.iter().copied())),
                "{text:?}"
            );
            assert_eq!(
                mapped(&mut ours.normalize_validate(text.iter().copied())),
                mapped(&mut theirs.normalize_validate(text.iter().copied())),
                "{text:?}"
            );
        }
    }
}
