package source

import (
	"fmt"
	"hash/fnv"
	"net/url"
	"path"
	"path/filepath"
	"strings"
)

// stem is the name of a file without folder and extension.
func stem(name string) string { return safeStem(path.Base(filepath.ToSlash(name))) }

// webStem is stem for an address.
func webStem(address string) string {
	if u, err := url.Parse(address); err == nil {
		if base := path.Base(u.Path); base != "." && base != "/" {
			return safeStem(base)
		}
		return safeStem(u.Hostname())
	}
	return stem(address)
}

// safeStem cuts the extension off and replaces what a file name can't hold.
func safeStem(base string) string { return SafeName(strings.TrimSuffix(base, path.Ext(base))) }

// SafeName makes a text fit for the name of a file or folder on all systems: what one of them can't hold becomes _.
func SafeName(text string) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`<>:"/|?*\`, r) {
			return '_'
		}
		return r
	}, text)
	if strings.Trim(name, ". ") == "" {
		return "_"
	}
	return name
}

// stems makes stems unique. It remembers 12 bytes for each, so that its memory stays small; two
// different ones of the same hash, should they ever meet, only get different numbers.
type stems struct {
	next map[uint64]uint32 // by the hash of a stem that was given: the number to try when it comes again
}

// unique returns the stem, with -2, -3 … at its end if it was given before. Names that differ in
// capitals only count as the same, as they do on some file systems.
func (s *stems) unique(stem string) string {
	if s.next == nil {
		s.next = map[uint64]uint32{}
	}
	first := hash(stem)
	n, taken := s.next[first]
	if !taken {
		s.next[first] = 2
		return stem
	}
	for ; ; n++ {
		numbered := fmt.Sprintf("%s-%d", stem, n)
		if h := hash(numbered); s.next[h] == 0 {
			s.next[h] = 2
			s.next[first] = n + 1
			return numbered
		}
	}
}

func hash(stem string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(strings.ToLower(stem)))
	return h.Sum64()
}
