/// What is wrong with an nginx configuration, or with setting an upstream in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    TooLarge {
        limit: usize,
    },
    /// Blocks in blocks.
    TooDeep {
        limit: usize,
    },
    TooManyTokens {
        limit: usize,
    },
    /// A `;`, `{` or `}` where none can be, or what follows a closing quote at once.
    Unexpected {
        byte: u8,
    },
    /// A directive, a quote or a block that the text's end cuts off; the place is where it starts.
    Unfinished,

    /// The fragment is not one `upstream NAME { … }` and nothing else.
    NotOneUpstream,
    /// A block or an `include` inside of the fragment's upstream.
    NotInFragment {
        name: String,
    },
    /// The fragment's upstream has no server, which nginx refuses.
    NoServer,

    NoUpstream {
        name: String,
    },
    /// The place is that of the second; `first` is the line of the first.
    DeclaredTwice {
        name: String,
        first: usize,
    },
    /// What it brings into the upstream is not in this text.
    Include {
        pattern: String,
    },
    /// The upstream has servers at several addresses, and the fragment does not know this one.
    OtherBackend {
        address: String,
    },
    /// What the fragment has as a directive is a block here.
    Block {
        name: String,
    },
    /// The edited text would not read back as asked for: a fault of the editor's.
    NotTaken,
}
