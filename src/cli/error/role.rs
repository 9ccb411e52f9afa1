pub struct R {
    pub message: String,
}
pub fn report(f: &crate::role::Fault) -> R {
    R { message: format!("{f:?}") }
}
