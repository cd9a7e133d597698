package layers

import (
	"fmt"
	"slices"

	"github.com/ghostdark/ghostdark/cfg"
	"github.com/ghostdark/ghostdark/tensor"
)

// Net is the [net] section: what a network's input is, and how pictures become it.
type Net struct {
	Width, Height, Channels int
	// Inputs is the length of the input vector. It is Width·Height·Channels unless the
	// section gives only inputs=.
	Inputs int
	// LetterBox asks for pictures to be fitted with grey borders instead of being stretched.
	LetterBox bool
	// TimeSteps above 1 lets [history] layers remember earlier calls.
	TimeSteps int
	// Mean and Std, one value for each channel in both or in neither, normalize pictures after the division
	// by 255: (x-mean)/std. darknet has no such options.
	Mean, Std []float32
	// CropPct above 0 asks for classifiers' pictures to be scaled with antialiasing, so that this part of their shorter side
	// is left when the middle is cut out. darknet has no such option.
	CropPct float64
	// Section is where all this was read.
	Section *cfg.Section
	// Guess says that the input's extents are made up, because the section is missing or gives
	// none that are possible.
	Guess bool
}

// Input returns the shape of the network's input.
func (n *Net) Input() tensor.Shape {
	if n.Width*n.Height*n.Channels == 0 {
		return tensor.Shape{C: n.Inputs, H: 1, W: 1}
	}
	return tensor.Shape{C: n.Channels, H: n.Height, W: n.Width}
}

// NetKind is the registry's row for [net].
var NetKind = register(Kind{
	Names: []string{"net", "network"},
	Doc:   "The network's input, and training options that have no effect here. It comes first and is not counted as a layer.",
	Schema: slices.Concat(cfg.Schema{
		{Name: "width", Type: cfg.Int, Default: "0", Note: "of the input, in pixels"},
		{Name: "height", Type: cfg.Int, Default: "0", Note: "of the input, in pixels"},
		{Name: "channels", Type: cfg.Int, Default: "0", Note: "of the input: 3 for RGB, 1 for grey"},
		{Name: "inputs", Type: cfg.Int, Default: "0", Note: "length of the input when it is a plain vector"},
		{Name: "batch", Type: cfg.Int, Default: "1", Effect: cfg.Training},
		{Name: "subdivisions", Type: cfg.Int, Default: "1", Effect: cfg.Training},
		{Name: "letter_box", Type: cfg.Flag, Default: "0", Note: "fit pictures with grey borders instead of stretching them"},
		{Name: "time_steps", Type: cfg.Int, Default: "1", Note: "above 1, each call is one step and [history] remembers earlier ones"},
		{Name: "mean", Type: cfg.Floats, Origin: cfg.Ghostdark, Note: "taken from each channel of a picture after the division by 255"},
		{Name: "std", Type: cfg.Floats, Origin: cfg.Ghostdark, Note: "each channel is divided by it after mean"},
		{Name: "crop_pct", Type: cfg.Float, Default: "0", Origin: cfg.Ghostdark, Note: "above 0, classifiers' pictures are scaled with antialiasing, and this part of the shorter side is cut out of the middle"},
	}, training(
		"learning_rate", "learning_rate_min", "batches_per_cycle", "batches_cycle_mult", "momentum", "decay", "track",
		"augment_speed", "sequential_subdivisions", "try_fix_nan", "loss_scale", "dynamic_minibatch", "optimized_memory",
		"workspace_size_limit_MB", "init_sequential_subdivisions", "weights_reject_freq", "equidistant_point",
		"badlabels_rejection_percentage", "num_sigmas_reject_badlabels", "ema_alpha", "adam", "B1", "B2", "eps",
		"max_crop", "min_crop", "center", "random", "flip", "blur", "gaussian_noise", "mixup", "cutmix", "mosaic", "mosaic_bound",
		"contrastive", "contrastive_jit_flip", "contrastive_color", "unsupervised", "label_smooth_eps", "resize_step",
		"angle", "aspect", "saturation", "exposure", "hue", "power", "policy", "step", "steps", "scale", "scales", "gamma",
		"seq_scales", "burn_in", "burnin_update", "max_batches", "max_epochs", "use_cuda_graph", "attention", "letter_box_aug",
		"adversarial_lr", "max_chart_loss", "rgb", "shift", "benchmark_layers", "num_steps",
	)),
})

// training makes schema rows of options that only act on training.
func training(names ...string) cfg.Schema {
	rows := make(cfg.Schema, len(names))
	for i, name := range names {
		rows[i] = cfg.Field{Name: name, Type: cfg.String, Effect: cfg.Training}
	}
	return rows
}

// ReadNet reads a [net] section. A width or height above 0 replaces the section's own.
func ReadNet(s *cfg.Section, width, height int, diags *cfg.Diagnostics) *Net {
	o := s.Read(NetKind.Schema, diags)
	report := func(severity cfg.Severity, option, hint, format string, args ...any) {
		*diags = append(*diags, cfg.Diagnostic{
			Severity: severity, Range: o.Range(option), Section: s.Index,
			Message: "[" + s.Name + "]: " + fmt.Sprintf(format, args...), Hint: hint,
		})
	}
	n := &Net{
		Width: o.Int("width"), Height: o.Int("height"), Channels: o.Int("channels"), Inputs: o.Int("inputs"),
		LetterBox: o.Flag("letter_box"), TimeSteps: max(o.Int("time_steps"), 1), Section: s,
	}
	if width > 0 {
		n.Width = width
	}
	if height > 0 {
		n.Height = height
	}
	n.checkExtents(width > 0 || height > 0, report)
	n.Inputs = n.Input().Len()
	n.readNormalization(o, report)
	n.readCropPct(o, report)
	if batch, subdivisions := o.Int("batch"), o.Int("subdivisions"); batch > 1 || subdivisions > 1 {
		option := "batch"
		if batch <= 1 {
			option = "subdivisions"
		}
		report(cfg.Note, option, "They don't matter here: ghostdark runs one image at a time unless told otherwise.",
			"batch=%d subdivisions=%d are values for training", batch, subdivisions)
	}
	o.Finish()
	return n
}

// netReport reports a finding about an option of [net].
type netReport func(severity cfg.Severity, option, hint, format string, args ...any)

// checkExtents reports extents that are impossible and puts a guess in their place. When width
// or height are not the section's own, inputs= need not agree with them.
func (n *Net) checkExtents(overridden bool, report netReport) {
	for _, d := range []struct {
		option string
		value  *int
	}{{"width", &n.Width}, {"height", &n.Height}, {"channels", &n.Channels}, {"inputs", &n.Inputs}} {
		if *d.value < 0 || *d.value > MaxExtent {
			report(cfg.Error, d.option, fmt.Sprintf("Give a number from 1 to %d.", MaxExtent), "%s=%d is out of range", d.option, *d.value)
			*d.value, n.Guess = 1, true
		}
	}
	size := tensor.Product(n.Width, n.Height, n.Channels)
	switch {
	case size == 0 && n.Inputs == 0:
		missing := "channels"
		switch {
		case n.Width == 0:
			missing = "width"
		case n.Height == 0:
			missing = "height"
		}
		report(cfg.Error, missing, "Give width=, height= and channels=, or inputs= for a plain vector.", "no input size: %s is 0 or missing", missing)
		n.Width, n.Height, n.Channels, n.Guess = 1, 1, 1, true
	case size == 0 && overridden:
		report(cfg.Warning, "inputs", "Give no other width and height, or let the cfg give channels= too.",
			"the input is a vector of %d values, so its width and height can't be chosen", n.Inputs)
	case size > MaxValues:
		report(cfg.Error, "width", fmt.Sprintf("At most %d values are possible.", MaxValues), "an input of %d×%d×%d is too large", n.Width, n.Height, n.Channels)
		n.Width, n.Height, n.Channels, n.Guess = 1, 1, 1, true
	case size > 0 && n.Inputs > 0 && n.Inputs != size && !overridden:
		report(cfg.Warning, "inputs", "Remove inputs=: the picture's extents decide.", "inputs=%d is not width·height·channels = %d", n.Inputs, size)
	}
}

// readNormalization reads mean= and std=, of which one alone implies a mean of 0 or a deviation
// of 1.
func (n *Net) readNormalization(o *cfg.Options, report netReport) {
	n.Mean = readChannels(o, "mean", n.Channels, report)
	n.Std = readChannels(o, "std", n.Channels, report)
	switch {
	case n.Mean != nil && n.Std == nil:
		n.Std = slices.Repeat([]float32{1}, n.Channels)
	case n.Std != nil && n.Mean == nil:
		n.Mean = make([]float32, n.Channels)
	}
	if slices.Contains(n.Std, 0) {
		report(cfg.Error, "std", "Give the standard deviation of each channel of pictures in 0 … 1, such as .229,.224,.225.", "std= holds a zero")
	}
}

// minCropPct bounds the size that a picture is scaled to.
const minCropPct = .1

func (n *Net) readCropPct(o *cfg.Options, report netReport) {
	n.CropPct = o.Float("crop_pct")
	if n.CropPct != 0 && (n.CropPct < minCropPct || n.CropPct > 1) {
		report(cfg.Error, "crop_pct", "Give the part of the scaled picture's shorter side that is cut out, such as 0.875 for 224 of 256.",
			"crop_pct=%g is out of range: %g to 1, or 0 for none", n.CropPct, minCropPct)
		n.CropPct = 0
	}
}

// readChannels reads an option with a value for each channel, nil when it isn't given.
func readChannels(o *cfg.Options, option string, channels int, report netReport) []float32 {
	given := o.Floats(option)
	if len(given) != 0 && len(given) != channels {
		report(cfg.Error, option, "Give one value for each channel.", "%s= has %d values for %d channels", option, len(given), channels)
		return nil
	}
	var values []float32
	for _, v := range given {
		values = append(values, float32(v))
	}
	return values
}
