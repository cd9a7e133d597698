package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// elsewhere are times in milliseconds, with 1 and 2 threads, that were measured beside each
// other on another machine: of two cores, x86-64 with AVX-512, with the same version of ONNX
// Runtime, ncnn of July 2026, and darknet built with AVX and OpenMP. 0 stands for no time.
var elsewhere = map[string]struct{ onnxRuntime, ncnn, darknet [2]float64 }{
	"GhostNet 224":            {[2]float64{7.0, 7.1}, [2]float64{25, 25}, [2]float64{29, 38}},
	"Ghost-YOLO 416":          {[2]float64{24.1, 19.9}, [2]float64{72, 70}, [2]float64{103, 95}},
	"Yolo-Fastest-1.1 320":    {[2]float64{5.3, 4.6}, [2]float64{7.5, 6.6}, [2]float64{24, 31}},
	"Yolo-Fastest-1.1-xl 320": {[2]float64{9.3, 7.5}, [2]float64{13.3, 13.1}, [2]float64{50, 50}},
	"YOLOv3-tiny 416":         {[2]float64{29.9, 16.6}, [2]float64{45, 32}, [2]float64{217, 93}},
	"YOLOv4-tiny 416":         {[2]float64{35.8, 20.3}, [2]float64{43, 37}, [2]float64{266, 108}},
	"EfficientNet-B0 224":     {[2]float64{8.9, 7.2}, [2]float64{16.5, 10}, [2]float64{59, 46}}, // ncnn at best; it varied up to 17
	"Darknet-53 256":          {[2]float64{95.4, 52.7}, [2]float64{123, 75}, [2]float64{584, 383}},
	"YOLOv4 608":              {[2]float64{1848, 1063}, [2]float64{1407, 1016}, [2]float64{0, 0}},
}

// estimates writes how ghostdark would compare with programs that were only measured elsewhere.
// ONNX Runtime, measured at both places, links them.
func (r *report) estimates(b *strings.Builder) {
	link := slices.IndexFunc(r.programs, func(p *program) bool { return p.name == onnxRuntime })
	head, line := "| network | ncnn : ONNX Runtime, there | darknet : ONNX Runtime, there |", "|---|--:|--:|"
	for _, ours := range r.ghostdarks() {
		head += fmt.Sprintf(" ncnn : ghostdark with %[1]s, estimated | darknet : ghostdark with %[1]s, estimated |", r.programs[ours].cpu)
		line += "--:|--:|"
	}
	ratio := func(v float64) string {
		if v > 0 && !math.IsInf(v, 0) {
			return fmt.Sprintf(" %.2f× |", v)
		}
		return " – |"
	}
	var rows strings.Builder
	for _, m := range r.measurements {
		known, ok := elsewhere[m.network.name]
		if !ok || m.threads > len(known.onnxRuntime) {
			continue
		}
		t := m.threads - 1
		ncnn, darknet := known.ncnn[t]/known.onnxRuntime[t], known.darknet[t]/known.onnxRuntime[t]
		rows.WriteString("| " + m.network.name + ", " + counted(m.threads) + " |" + ratio(ncnn) + ratio(darknet))
		for _, ours := range r.ghostdarks() {
			here := m.ratio(link, ours)
			rows.WriteString(ratio(ncnn*here) + ratio(darknet*here))
		}
		rows.WriteString("\n")
	}
	if rows.Len() > 0 {
		fmt.Fprintf(b, `
## Estimates for ncnn and darknet

These were **not measured here**. On another machine of two cores with AVX-512 ncnn (July 2026) and darknet (with AVX and
OpenMP) were measured beside ONNX Runtime. Their ratios to it there, times its ratio to ghostdark here, estimate how many times
as long as ghostdark they would take.

%s
%s
%s`, head, line, &rows)
	}
}
