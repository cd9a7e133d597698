package layers

import (
	"fmt"
	"math"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/detect"
	"github.com/ghostdark/ghostdark/kernels"
	"github.com/ghostdark/ghostdark/tensor"
)

// anchorHead is what [yolo] and [Gaussian_yolo] share: for each cell and each masked anchor a
// number of entries, as planes of H×W after planes, anchor after anchor.
type anchorHead struct {
	Out        tensor.Shape
	NumClasses int
	Mask       []int
	Anchors    []float32 // width and height in network input pixels, pair after pair
	ScaleXY    float32
	nmsKind    detect.NMSKind
	nmsBeta    float32
	netW, netH float32
}

// anchorOptions are the options that the anchor heads share.
var anchorOptions = append(cfg.Schema{
	{Name: "classes", Type: cfg.Int, Default: "20", Note: "number of classes"},
	{Name: "num", Type: cfg.Int, Default: "1", Note: "number of anchors in anchors="},
	{Name: "mask", Type: cfg.Ints, StopAtHash: true, Note: "which anchors this head uses; all when absent"},
	{Name: "scale_x_y", Type: cfg.Float, Default: "1", Note: "stretches the cell offset around its middle"},
	{Name: "nms_kind", Type: cfg.String, Default: "default", Note: "default (IoU), greedynms (DIoU), diounms (DIoU with beta_nms) or cornersnms (IoU)"},
	{Name: "beta_nms", Type: cfg.Float, Default: "0.6", Note: "exponent of the centre distance in diounms"},
	{Name: "embedding_layer", Type: cfg.Int, Default: "999999", Effect: cfg.Training, Note: "the layer whose output tells objects apart in tracking"},
}, training(
	"jitter", "random", "resize", "ignore_thresh", "truth_thresh", "iou_thresh", "iou_loss", "iou_normalizer", "iou_thresh_kind",
	"cls_normalizer", "obj_normalizer", "max_delta", "delta_normalizer", "objectness_smooth", "label_smooth_eps", "focal_loss",
	"counters_per_class", "max", "map", "uc_normalizer", "yolo_point", "show_details", "track_history_size", "sim_thresh",
	"dets_for_track", "dets_for_show", "track_ciou_norm", "absolute", "bias_match", "rescore", "thresh",
)...)

// anchorSchema joins the shared options and a head's own, which win over shared ones of the
// same name.
func anchorSchema(anchorsStop bool, own ...cfg.Field) cfg.Schema {
	schema := append(cfg.Schema{}, own...)
	schema = append(schema, cfg.Field{Name: "anchors", Type: cfg.Floats, StopAtHash: anchorsStop,
		Note: "width and height of each anchor in pixels of the network input; .5 when absent"})
	for _, f := range anchorOptions {
		if schema.Field(f.Name) == nil {
			schema = append(schema, f)
		}
	}
	return schema
}

// readAnchorHead reads the shared options; entries is how many values each anchor has besides
// its classes.
func readAnchorHead(b *Builder, entries int) anchorHead {
	h := anchorHead{
		Out: b.In, NumClasses: b.Within("classes", 1, MaxExtent), ScaleXY: float32(b.Float("scale_x_y")),
		nmsBeta: float32(b.Float("beta_nms")),
		netW:    float32(b.Net.Width), netH: float32(b.Net.Height),
	}
	num := b.Within("num", 1, maxBoxes)
	h.Mask, h.Anchors = b.readMask(num), b.readAnchors(num)
	b.mention("embedding_layer", b.Int("embedding_layer"))
	kind := b.String("nms_kind")
	var known bool
	if h.nmsKind, known = detect.ParseNMSKind(kind); !known {
		b.Warnf("nms_kind", "Write default, greedynms, diounms or cornersnms. darknet takes others as default.", "unknown nms_kind=%s is taken as default", kind)
	}
	b.wantChannels(len(h.Mask), h.NumClasses, entries, "masks")
	b.Output(b.In)
	return h
}

// wantChannels checks that the layer before a head has the filters the head needs.
func (b *Builder) wantChannels(boxes, classes, entries int, unit string) {
	want := boxes * (classes + entries)
	if b.In.C == want || b.failed { // what is wrong already may be the factor that doesn't fit
		return
	}
	where, producer := "the layer before it", []*Layer(nil)
	if i := b.Previous(); i >= 0 {
		if filters := b.before[i].Section.Option("filters"); filters != nil {
			where, producer = fmt.Sprintf("line %d", filters.Range.Line), b.before[i:i+1]
		}
	}
	b.Mismatchf("classes", fmt.Sprintf("Set filters=%d in %s: (classes + %d)·%s = (%d + %d)·%d.", want, where, entries, unit, classes, entries, boxes),
		"needs %d channels but gets %d", want, b.In.C)
	b.relate(producer...)
}

// readMask reads mask=, whose numbers must be below num.
func (b *Builder) readMask(num int) []int {
	if !b.Has("mask") {
		mask := make([]int, num)
		for i := range mask {
			mask[i] = i
		}
		return mask
	}
	mask := b.Ints("mask")
	for _, m := range mask {
		if m < 0 || m >= num {
			b.Errorf("mask", fmt.Sprintf("With num=%d its numbers run from 0 to %d.", num, num-1), "mask=%d is not one of the %d anchors", m, num)
			break
		}
	}
	return mask
}

// readAnchors reads anchors=, of which there must be 2·num numbers.
func (b *Builder) readAnchors(num int) []float32 {
	given := b.Floats("anchors")
	anchors := make([]float32, 2*num)
	for i := range anchors {
		anchors[i] = .5
		if i < len(given) {
			anchors[i] = float32(given[i])
		}
	}
	switch n, hint := len(given), fmt.Sprintf("Set num=%d, or give %d pairs of width and height.", len(given)/2, num); {
	case n > 0 && n < 2*num:
		b.Warnf("anchors", hint+" darknet takes .5 for those missing.", "anchors= has %d numbers, num=%d needs %d", n, num, 2*num)
	case n > 2*num:
		b.Warnf("anchors", hint, "anchors= has %d numbers, of which num=%d uses %d", n, num, 2*num)
	}
	return anchors
}

// Classes implements Head.
func (h *anchorHead) Classes() int { return h.NumClasses }

// Suppression implements Head.
func (h *anchorHead) Suppression() (detect.NMSKind, float32) { return h.nmsKind, h.nmsBeta }

// Stretched implements Head.
func (*anchorHead) Stretched() bool { return false }

// centre maps a cell offset of 0 … 1 by scale_x_y.
func (h *anchorHead) centre(v float32) float32 { return float32(v*h.ScaleXY) - .5*(h.ScaleXY-1) }

// activate copies the input, applies the logistic function to the given entries of every
// anchor, and centre to the entries x and y.
func (h *anchorHead) activate(in, out []float32, entries int, entry func(e int) bool, x, y int, logistic func(values []float32)) {
	copy(out, in)
	plane := h.Out.Plane()
	for n := range h.Mask {
		for e := range entries {
			values := out[(n*entries+e)*plane:][:plane]
			if entry(e) {
				logistic(values)
			}
			if (e == x || e == y) && h.ScaleXY != 1 {
				for i, v := range values {
					values[i] = h.centre(v)
				}
			}
		}
	}
}

// plainLogistic is the logistic function as its definition has it.
func plainLogistic(values []float32) { kernels.Logistic.Apply(values, len(values)) }

// box decodes the box of one anchor and cell from x, y (offsets in the cell) and w, h (factors
// of the anchor).
func (h *anchorHead) box(mask, cell int, x, y, w, hh float32) detect.Box {
	col, row := cell%h.Out.W, cell/h.Out.W
	return detect.Box{
		X: (float32(col) + x) / float32(h.Out.W), Y: (float32(row) + y) / float32(h.Out.H),
		W: w * h.Anchors[2*mask] / h.netW, H: hh * h.Anchors[2*mask+1] / h.netH,
	}
}

func exp(v float32) float32 { return float32(math.Exp(float64(v))) }
