package main

import "testing"

// TestSheetFile sets the flag of a sheet as command lines and settings do.
func TestSheetFile(t *testing.T) {
	for value, want := range map[string]sheetFile{"-": standardOutput, "true": standardOutput, "false": "", "": "", "found.json": "found.json"} {
		f := sheetFile("earlier")
		if err := f.Set(value); err != nil || f != want {
			t.Errorf("%q gives %q, %v, want %q", value, f, err, want)
		}
	}
}
