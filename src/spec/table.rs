//! How a table of keys is written down.
//!
//! One table serves all: it says whether a key is known, what to suggest for one that is not, what its value must look
//! like, the JSON Schema that editors use, and, held by a test, the reference in `docs/`.

/// The keys of one mapping.
#[derive(Debug)]
pub struct Table {
    /// Its name in the schema.
    pub name: &'static str,
    /// One sentence about the mapping.
    pub doc: &'static str,
    /// Its keys, in the order in which people write them.
    pub keys: &'static [Key],
}

/// One key.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
    /// One sentence about it.
    pub doc: &'static str,
}

/// What a value looks like, before it is known what it means.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// One line of some kind, such as a name, which blanks would end; numbers and booleans count as the text that was written.
    Line(&'static str),
    /// One line of any text, of which blanks are a part like any other.
    AnyLine,
    /// Text of any number of lines.
    Text(&'static str),
    /// `true` or `false`.
    Bool,
    /// A whole number from 0 on.
    Count,
    /// A number.
    Number,
    /// One of these words.
    Word(&'static [Word]),
    /// A whole number from 1 on, or the word.
    CountOr(&'static str),
    /// One line of text, or `false`.
    LineOrFalse(&'static str),
    /// A list.
    List(&'static Shape),
    /// A list, or one item that stands for a list of one.
    OneOrMany(&'static Shape),
    /// A mapping with the keys of a table.
    Table(&'static Table),
    /// A mapping with the keys of a table, or one text that stands for the mapping with that key alone.
    TableOrText(&'static Table, &'static str),
    /// A mapping from names that the author chooses.
    Named(&'static str, &'static Shape),
}

/// A word with its meaning.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// One fragment about it.
    pub doc: &'static str,
}

impl Key {
    /// A key that may be left out.
    pub const fn new(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self { name, shape, required: false, doc }
    }

    /// The same key, which must be there.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }
}

impl Table {
    /// The key of that name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// All names, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.keys.iter().map(|key| key.name)
    }

    /// The keys under which one of a name lies deeper down, which takes a value that fits.
    pub fn route_to(&self, name: &str, fits: impl Fn(&Shape) -> bool + Copy) -> Option<String> {
        self.keys.iter().find_map(|key| {
            let below = key.shape.table()?;
            if below.key(name).is_some_and(|key| fits(&key.shape)) {
                return Some(key.name.to_owned());
            }
            below.route_to(name, fits).map(|route| format!("{}.{route}", key.name))
        })
    }
}

impl Shape {
    /// The table of a mapping, or of the mappings in a list.
    pub fn table(&self) -> Option<&'static Table> {
        match self {
            Self::Table(table) | Self::TableOrText(table, _) => Some(table),
            Self::List(item) | Self::OneOrMany(item) | Self::Named(_, item) => item.table(),
            _ => None,
        }
    }

    /// What is expected, as a fragment that fits after "expected ".
    pub fn expected(&self) -> String {
        match self {
            Self::Line(what) | Self::Text(what) => (*what).to_owned(),
            Self::AnyLine => "one line of text".to_owned(),
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Count => "a whole number".to_owned(),
            Self::Number => "a number".to_owned(),
            Self::Word(words) => {
                let names: Vec<_> = words.iter().map(|word| format!("`{}`", word.name)).collect();
                format!("one of {}", names.join(", "))
            }
            Self::CountOr(word) => format!("a whole number from 1 on, or `{word}`"),
            Self::LineOrFalse(what) => format!("{what}, or `false`"),
            Self::List(item) => format!("a list, each item {}", item.expected()),
            Self::OneOrMany(item) => format!("{} or a list of such", item.expected()),
            Self::Table(table) => {
                let names: Vec<_> = table.names().take(4).map(|name| format!("`{name}`")).collect();
                let more = if table.keys.len() > 4 { ", …" } else { "" };
                format!("a mapping with {}{more}", names.join(", "))
            }
            Self::TableOrText(table, _) => format!("text, or {}", Self::Table(table).expected()),
            Self::Named(what, value) => format!("a mapping from {what} to {}", value.expected()),
        }
    }
}
