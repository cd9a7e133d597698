package cfg

import (
	"errors"
	"fmt"
	"strings"

	"gopkg.in/ini.v1"
)

// readINI lets ini.v1 read the indexed lines and takes the text of every name
// and value from it. An error says where it saw something other than the index.
// Options without a value are not shown to it, since it has no such notion.
func readINI(sections []*Section) error {
	file, err := ini.LoadSources(ini.LoadOptions{
		AllowNonUniqueSections:     true,
		AllowShadows:               true,
		AllowDuplicateShadowValues: true,
		IgnoreContinuation:         true,
		IgnoreInlineComment:        true,
		PreserveSurroundedQuote:    true,
		KeyValueDelimiters:         "=",
	}, normalised(sections))
	if err != nil {
		return err
	}
	read := file.Sections()[1:] // the first is ini's unnamed one
	if len(read) != len(sections) {
		return fmt.Errorf("%d sections against %d", len(sections), len(read))
	}
	for i, s := range sections {
		if err := s.fill(read[i]); err != nil {
			return fmt.Errorf("section %d: %w", i, err)
		}
	}
	return nil
}

// fill takes name and values from what ini.v1 read. Repeated keys come back as
// one key with all its values in order.
func (s *Section) fill(read *ini.Section) error {
	name := unescape(read.Name())
	if name != s.Name {
		return fmt.Errorf("name %q against %q", s.Name, name)
	}
	s.Name = name
	values := make(map[string][]string)
	left := 0
	for _, key := range read.Keys() {
		list := key.ValueWithShadows()
		values[unescape(key.Name())] = list
		left += len(list)
	}
	for _, o := range s.Options {
		if !o.HasValue {
			continue
		}
		list := values[o.Key]
		if len(list) == 0 {
			return fmt.Errorf("line %d: no value against %q", o.Range.Line, o.Value)
		}
		value := unescape(list[0])
		if value != o.Value {
			return fmt.Errorf("line %d: %q against %q", o.Range.Line, o.Value, value)
		}
		o.Value = value
		values[o.Key] = list[1:]
		left--
	}
	if left != 0 {
		return errors.New("surplus values")
	}
	return nil
}

// normalised writes the sections as lines that ini.v1 can read in only one way.
func normalised(sections []*Section) []byte {
	var b strings.Builder
	for _, s := range sections {
		b.WriteByte('[')
		escape(&b, s.Name)
		b.WriteString("]\n")
		for _, o := range s.Options {
			if !o.HasValue {
				continue
			}
			escape(&b, o.Key)
			b.WriteByte('=')
			escape(&b, o.Value)
			b.WriteByte('\n')
		}
	}
	return []byte(b.String())
}

// escape writes s with every byte that may mean something to ini.v1 as %XX:
// quotes, comment signs, brackets, odd blanks, and a leading dash, which alone
// would ask for a numbered key. The empty string, which ini.v1 refuses as a
// name, becomes a lone %.
func escape(b *strings.Builder, s string) {
	if s == "" {
		b.WriteByte('%')
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '_', c == '.', c == ',', c == '+', c == '/', c == '-' && i > 0:
			b.WriteByte(c)
		default:
			const hex = "0123456789ABCDEF"
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
}

// unescape undoes escape.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+2 < len(s) {
			b.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
		}
		i += 2
	}
	return b.String()
}

func unhex(c byte) byte {
	if c >= 'A' {
		return c - 'A' + 10
	}
	return c - '0'
}
