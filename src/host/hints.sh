verb_hints() {
:
}
