/// Why a puma.rb cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is not Ruby, as the parser says.
    Syntax { message: String },
}
