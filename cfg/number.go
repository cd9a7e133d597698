package cfg

import (
	"math"
	"regexp"
	"strconv"
	"strings"
)

var (
	decimal     = regexp.MustCompile(`^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?`)
	hexadecimal = regexp.MustCompile(`^[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][+-]?[0-9]+)?`)
	notFinite   = regexp.MustCompile(`(?i)^[+-]?(?:inf|nan)`)
)

// atoi reads the leading sign and digits of s like C's atoi; none is 0. Values
// beyond 32 bits are saturated. clean is false when s is anything but a number
// in range.
func atoi(s string) (v int, clean bool) {
	digits := strings.TrimLeft(s, "\v\f") // the white space that blanks leave over
	clean = digits == s
	negative := strings.HasPrefix(digits, "-")
	if negative || strings.HasPrefix(digits, "+") {
		digits = digits[1:]
	}
	n := 0
	for n < len(digits) && '0' <= digits[n] && digits[n] <= '9' {
		n++
	}
	clean = clean && n > 0 && n == len(digits)
	if n == 0 {
		return 0, clean
	}
	number := digits[:n]
	if negative {
		number = "-" + number
	}
	wide, err := strconv.ParseInt(number, 10, 32) // saturates when out of range
	return int(wide), clean && err == nil
}

// atof reads the longest number at the start of s like C's atof; none is 0.
// Infinities, NaN and what a float32 can't hold come back as such. clean is
// false when s is anything but a decimal number.
func atof(s string) (v float64, clean bool) {
	trimmed := strings.TrimLeft(s, "\v\f")
	if notFinite.MatchString(trimmed) {
		return math.NaN(), false
	}
	if hex := hexadecimal.FindString(trimmed); hex != "" {
		if !strings.ContainsAny(hex, "pP") {
			hex += "p0"
		}
		v, _ = strconv.ParseFloat(hex, 64)
		return v, false
	}
	number := decimal.FindString(trimmed)
	v, _ = strconv.ParseFloat(number, 64) // of "" is 0; out of range is an infinity
	return v, number != "" && number == s
}

// finite reports whether v is a number that darknet's float can hold.
func finite(v float64) bool { return math.Abs(v) <= math.MaxFloat32 }

// split cuts a list at its commas: one item more than commas, so at least one.
func split(list string, stopAtHash bool) []string {
	if stopAtHash {
		list, _, _ = strings.Cut(list, "#")
	}
	return strings.Split(list, ",")
}
