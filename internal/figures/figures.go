// Package figures writes numbers for people.
package figures

import (
	"fmt"
	"strings"
)

// Thousands writes 1234567 as 1,234,567.
func Thousands(n int64) string {
	digits := fmt.Sprint(n)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(digits) - 3; i > start; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Metric writes a count with three digits and a decimal unit: 1234567 as `1.23 M`.
func Metric(n float64) string { return scaled(n, 1000, "", "K", "M", "G", "T") }

// Bytes writes a size with three digits and a binary unit: 1234567 as `1.18 MiB`.
func Bytes(n int64) string { return scaled(float64(n), 1024, "B", "KiB", "MiB", "GiB", "TiB") }

func scaled(v, step float64, units ...string) string {
	unit := 0
	for v >= .9995*step && unit < len(units)-1 {
		v /= step
		unit++
	}
	decimals := 2
	switch {
	case unit == 0 || v >= 99.95:
		decimals = 0
	case v >= 9.995:
		decimals = 1
	}
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", decimals, v, units[unit]))
}

// Counted writes `1 layer`, `2 layers`.
func Counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return Thousands(int64(n)) + " " + thing
}
