// Package cfg reads darknet's .cfg text: sections and options with their places
// in the source, the schemas that say what each option means, and diagnostics
// that point at the offending words.
//
// A file passes through three hands. The line index finds sections and options
// and their columns, gopkg.in/ini.v1 reads the same lines in a form without any
// of its own quoting or escaping rules, and Parse demands that both agree. An
// [Options] then reads one section through a [Schema] with darknet's leniency:
// blanks count nowhere, numbers end at the first odd character, the first of
// repeated options wins. Whatever is read otherwise than it looks is warned of.
//
// The package knows no layer: which section types exist is decided by its users.
package cfg
