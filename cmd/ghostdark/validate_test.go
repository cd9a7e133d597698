package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ghostdark/ghostdark/internal/testkit"
)

// TestValidateZoo checks that published cfgs are found valid, in one run of the command, and
// that the JSON report agrees with what the reference says of their layers.
func TestValidateZoo(t *testing.T) {
	zoo := testkit.Shared(t, "zoo")
	files, err := filepath.Glob(filepath.Join(zoo, "cfg", "*.cfg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cfgs in %s: %v", zoo, err)
	}
	reports := json.NewDecoder(bytes.NewReader(invoke(t, append([]string{"validate-cfg", "--json"}, files...)...)))
	for _, file := range files {
		var got checkedJSON
		// The diagnostics' severity is a word, which only goes one way.
		var raw map[string]json.RawMessage
		if err := reports.Decode(&raw); err != nil {
			t.Fatal(err)
		}
		delete(raw, "diagnostics")
		report, err := json.Marshal(raw)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(report, &got); err != nil {
			t.Fatal(err)
		}
		if got.File != file || !got.Valid || got.Totals == nil || len(got.Layers) == 0 {
			t.Errorf("%s: file %s, valid %v, totals %v, %d layers", file, got.File, got.Valid, got.Totals, len(got.Layers))
			continue
		}
		var parameters, macs int64
		offset := int64(0)
		for _, l := range got.Layers {
			parameters, macs = parameters+l.Parameters, macs+l.MACs
			if l.Offset != nil {
				if *l.Offset <= offset || *l.Offset >= got.Totals.WeightsBytes {
					t.Errorf("%s: layer %d: weights at byte %d, behind %d and of %d", file, l.Index, *l.Offset, offset, got.Totals.WeightsBytes)
				}
				offset = *l.Offset
			}
		}
		if parameters != got.Totals.Parameters || macs != got.Totals.MACs {
			t.Errorf("%s: the layers have %d parameters and %d multiply-adds, the totals %+v", file, parameters, macs, got.Totals)
		}
	}
}

func TestTable(t *testing.T) {
	table := &table{headings: []string{">n", "shape", ">", "remark"}}
	table.add("7", "3×3 → 2", "1.5")
	table.add("12", "a", "22", "← 3")
	var b strings.Builder
	if err := table.write(&b); err != nil {
		t.Fatal(err)
	}
	want := " n  shape         remark\n 7  3×3 → 2  1.5\n12  a         22  ← 3\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", &b, want)
	}
}

func TestMarkdownTable(t *testing.T) {
	table := &table{headings: []string{">n", "file", ""}}
	table.add("7", "a|b*.cfg", "<b>")
	table.add("12", `c\d`)
	var b strings.Builder
	if err := table.writeMarkdown(&b); err != nil {
		t.Fatal(err)
	}
	want := "| n | file |  |\n| ---: | --- | --- |\n| 7 | a\\|b\\*.cfg | &lt;b> |\n| 12 | c\\\\d |  |\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", &b, want)
	}
}

func TestNumbersForPeople(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{thousands(0), "0"}, {thousands(999), "999"}, {thousands(1000), "1,000"}, {thousands(-123456), "-123,456"}, {thousands(1234567), "1,234,567"},
		{metric(0), "0"}, {metric(999), "999"}, {metric(1000), "1.00 K"}, {metric(12345), "12.3 K"}, {metric(999_999), "1.00 M"}, {metric(123.4e9), "123 G"},
		{metric(5e18), "5000000 T"},
		{binaryBytes(1000), "1000 B"}, {binaryBytes(1024), "1.00 KiB"}, {binaryBytes(10 << 20), "10.0 MiB"}, {binaryBytes(3 << 40), "3.00 TiB"},
		{counted(1, "layer"), "1 layer"}, {counted(0, "layer"), "0 layers"}, {counted(1500, "run"), "1,500 runs"},
		{shown("yolo"), "yolo"}, {shown("a\x1b[31m"), "a\uFFFD[31m"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if long := shown(strings.Repeat("×", 100)); utf8.RuneCountInString(long) != 24 {
		t.Errorf("a long name is shown as %q", long)
	}
}
