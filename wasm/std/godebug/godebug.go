// Package godebug takes the place of the standard library's internal/godebug in the
// pages' program, as web/build/overlay.mjs arranges. That one reads GODEBUG, which a page
// does not have, and counts departures from the defaults; package time alone brings it,
// and it a twentieth of the program. Here all settings have their defaults.
package godebug

// Setting is a setting of GODEBUG.
type Setting struct{ name string }

// New is the setting of a name.
func New(name string) *Setting { return &Setting{name} }

// Name is its name.
func (s *Setting) Name() string { return s.name }

// Value is "", which means the default.
func (s *Setting) Value() string { return "" }

// String is in the form of GODEBUG.
func (s *Setting) String() string { return s.name + "=" }

// Undocumented is of no use here.
func (s *Setting) Undocumented() bool { return false }

// IncNonDefault has nothing to count.
func (s *Setting) IncNonDefault() {}
