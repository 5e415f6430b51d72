//! The tables that `build.rs` packed, unpacked when they are first needed and kept for the instance's life.

use std::{ops::Range, sync::OnceLock};

use icu_collections::{
    char16trie::Char16Trie,
    codepointtrie::{CodePointTrie, CodePointTrieHeader, TrieType},
};
use icu_normalizer::{
    provider::{
        CanonicalCompositions, DecompositionData, DecompositionTables, NormalizerNfcV1,
        NormalizerNfdTablesV1, NormalizerNfkdTablesV1, NormalizerUts46DataV1,
    },
    uts46::{Uts46Mapper, Uts46MapperBorrowed},
};
use icu_provider::{
    DataError, DataErrorKind, DataMarker, DataPayload, DataProvider, DataRequest, DataResponse,
};
use zerovec::{ZeroVec, ule::AsULE};

use crate::properties::Properties;

include!(concat!(env!("OUT_DIR"), "/tables.rs"));
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tables.lz4"));

/// Where a table is in what is unpacked, and how many bytes each of its entries has: first comes the lowest byte
/// of every entry, then the next of every entry, and so on.
struct Table {
    range: Range<usize>,
    width: usize,
}

pub(crate) struct Tables {
    pub(crate) mapper: Uts46MapperBorrowed<'static>,
    /// The first character of each run of those with the same properties, above these properties.
    runs: Vec<u32>,
}

pub(crate) fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| match Tables::unpack() {
        Ok(tables) => tables,
        // The text of the error would take 2 KB.
        Err(_) => unreachable!("build.rs packs what can be unpacked"),
    })
}

impl Tables {
    fn unpack() -> Result<Self, DataError> {
        let bytes = lz4_flex::block::decompress(PACKED, UNPACKED)
            .map_err(|_| DataErrorKind::Deserialize.into_error())?;
        let unpacked = Unpacked(bytes);
        // As long-lived as the tables in it.
        let mapper: &Uts46Mapper = Box::leak(Box::new(Uts46Mapper::try_new(&unpacked)?));
        let mut start = 0_u32;
        let runs = unpacked.table::<u32>(RUNS)?;
        let runs = runs.iter().map(|run| {
            let first = start << Properties::BITS | Properties::of_word(run).word();
            start = start.saturating_add(run >> Properties::BITS);
            first
        });
        Ok(Self {
            runs: runs.collect(),
            mapper: mapper.as_borrowed(),
        })
    }

    pub(crate) fn properties(&self, c: char) -> Properties {
        let after = self
            .runs
            .partition_point(|run| run >> Properties::BITS <= u32::from(c));
        let run = after.checked_sub(1).and_then(|index| self.runs.get(index));
        Properties::of_word(run.copied().unwrap_or_default())
    }
}

/// The unpacked bytes, as what ICU4X takes its data from.
struct Unpacked(Vec<u8>);

impl Unpacked {
    fn table<T: AsULE>(&self, table: Table) -> Result<ZeroVec<'static, T>, DataError> {
        ZeroVec::parse_bytes(self.entries(table))
            .map_err(|_| DataErrorKind::Deserialize.into_error())
    }

    /// The bytes of a table, entry after entry.
    fn entries(&self, Table { range, width }: Table) -> &'static [u8] {
        let columns = self.0.get(range).unwrap_or_default();
        let count = columns.len().checked_div(width).unwrap_or_default();
        let entries = (0..count).flat_map(|entry| columns.iter().skip(entry).step_by(count));
        entries.copied().collect::<Vec<u8>>().leak()
    }

    fn decompositions(
        &self,
        scalars16: Table,
        scalars24: Table,
    ) -> Result<DecompositionTables<'static>, DataError> {
        Ok(DecompositionTables {
            scalars16: self.table(scalars16)?,
            scalars24: self.table(scalars24)?,
        })
    }
}

impl DataProvider<NormalizerUts46DataV1> for Unpacked {
    fn load(&self, _: DataRequest) -> Result<DataResponse<NormalizerUts46DataV1>, DataError> {
        let trie =
            CodePointTrie::try_new(TRIE_HEADER, self.table(TRIE_INDEX)?, self.table(TRIE_DATA)?);
        let trie = trie.map_err(|_| DataErrorKind::Deserialize.into_error())?;
        Ok(response(DecompositionData {
            trie,
            passthrough_cap: PASSTHROUGH_CAP,
        }))
    }
}

impl DataProvider<NormalizerNfdTablesV1> for Unpacked {
    fn load(&self, _: DataRequest) -> Result<DataResponse<NormalizerNfdTablesV1>, DataError> {
        self.decompositions(NFD_SCALARS16, NFD_SCALARS24)
            .map(response)
    }
}

impl DataProvider<NormalizerNfkdTablesV1> for Unpacked {
    fn load(&self, _: DataRequest) -> Result<DataResponse<NormalizerNfkdTablesV1>, DataError> {
        self.decompositions(NFKD_SCALARS16, NFKD_SCALARS24)
            .map(response)
    }
}

impl DataProvider<NormalizerNfcV1> for Unpacked {
    fn load(&self, _: DataRequest) -> Result<DataResponse<NormalizerNfcV1>, DataError> {
        Ok(response(CanonicalCompositions {
            canonical_compositions: Char16Trie::new(self.table(NFC)?),
        }))
    }
}

fn response<M: DataMarker>(data: M::DataStruct) -> DataResponse<M> {
    DataResponse {
        metadata: Default::default(),
        payload: DataPayload::from_owned(data),
    }
}
