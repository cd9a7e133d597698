package dataset

import (
	"strconv"
	"strings"

	"github.com/ghostdark/ghostdark/detect"
)

// readYOLO reads darknet's labels of one picture: a line CLASS X Y WIDTH HEIGHT for each object,
// with the centre and size of its box as parts of the picture's extent.
func readYOLO(file string, text []byte, classes Classes, findings *Findings) []Object {
	l := labels{file: file, classes: classes, findings: findings}
	line := 0
	for row := range strings.Lines(string(text)) {
		line++
		columns := strings.Fields(row)
		if len(columns) == 0 {
			continue
		}
		if len(columns) != 5 {
			findings.add(file, line, Error, Columns, "%s: a label is CLASS X Y WIDTH HEIGHT", counted(len(columns), "column"))
			continue
		}
		class, err := strconv.Atoi(columns[0])
		if err != nil {
			findings.add(file, line, Error, Number, "the class %.20q is not a whole number", columns[0])
			continue
		}
		var values [4]float32
		faulty := false
		for i, column := range columns[1:] {
			v, err := strconv.ParseFloat(column, 32)
			if err != nil {
				findings.add(file, line, Error, Number, "%.20q is not a number", column)
				faulty = true
				break
			}
			values[i] = float32(v)
		}
		if !faulty {
			l.add(line, Object{Class: class, Box: detect.Box{X: values[0], Y: values[1], W: values[2], H: values[3]}})
		}
	}
	return l.objects
}

// counted writes `1 column`, `2 columns`.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}
