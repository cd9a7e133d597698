package ghostnet

import (
	"fmt"
	"slices"
	"strings"
)

// naming is how a framework's official code names the tensors of a GhostNet and lays out their values, and what it computes
// otherwise than the other.
type naming struct {
	framework string
	separator string // behind each part of a name
	// stem, head and classifier are parts of the network, the rest of a block, behind the block's name.
	stem, head, classifier part
	plain                  part // of a block that is an ordinary convolution
	first, last            ghostParts
	depthwise              part
	reduce, expand         part // of the squeeze-and-excite
	shortcut               [2]part
	bias                   string            // behind the scope of a convolution
	norm                   map[string]string // darknet's arrays of a batch norm: behind its scope
	epsilon                float64           // that batch norm adds to a variance
	gate                   gate
	// same asks for TensorFlow's padding, see sameKernel.
	same bool
	// reversed says that the network reads blue, green and red.
	reversed bool
	// blocks lists the names of the blocks and of the head.
	blocks func(t *tensors) (blocks []string, head string)
	// unneeded reports whether a tensor only serves training.
	unneeded func(name string) bool
}

// part names the tensors of a convolution.
type part struct {
	scope  string
	weight string // behind the scope
	norm   string // the scope of its batch norm; "" if it has a bias instead
	kernel kernel
}

type ghostParts struct{ primary, cheap part }

// gate is that of a squeeze-and-excite: slope·z + shift, but at least 0 and at most 1.
type gate struct{ slope, shift float64 }

// kernel tells how the weights of a convolution lie in a tensor. axes are the tensor's axes in darknet's
// order: filters, channels, height, width.
type kernel struct {
	axes []int
	// perChannel says that the first two of them are the channels of a depthwise convolution and the filters of each.
	perChannel bool
}

var (
	oihw = kernel{axes: []int{0, 1, 2, 3}}
	oi   = kernel{axes: []int{0, 1}}
	hwio = kernel{axes: []int{3, 2, 0, 1}}
	hwim = kernel{axes: []int{2, 3, 0, 1}, perChannel: true}
)

// darknetEpsilon is what darknet adds to a variance.
const darknetEpsilon = 1e-5

// pyTorch is the naming of the official repository's PyTorch code, which timm shares.
var pyTorch = &naming{
	framework: "PyTorch", separator: ".",
	stem: torchPart("conv_stem", "bn1"), head: torchPart("", ""), classifier: part{"classifier", ".weight", "", oi},
	plain:     torchPart(".conv", ".bn1"),
	first:     ghostParts{torchPart(".ghost1.primary_conv.0", ".ghost1.primary_conv.1"), torchPart(".ghost1.cheap_operation.0", ".ghost1.cheap_operation.1")},
	last:      ghostParts{torchPart(".ghost2.primary_conv.0", ".ghost2.primary_conv.1"), torchPart(".ghost2.cheap_operation.0", ".ghost2.cheap_operation.1")},
	depthwise: torchPart(".conv_dw", ".bn_dw"),
	reduce:    torchPart(".se.conv_reduce", ""), expand: torchPart(".se.conv_expand", ""),
	shortcut: [2]part{torchPart(".shortcut.0", ".shortcut.1"), torchPart(".shortcut.2", ".shortcut.3")},
	bias:     ".bias",
	norm:     map[string]string{"biases": ".bias", "scales": ".weight", "rolling_mean": ".running_mean", "rolling_variance": ".running_var"},
	epsilon:  1e-5,
	gate:     gate{1. / 6, .5},
	blocks: func(t *tensors) (blocks []string, head string) {
		for stage := 0; t.has(fmt.Sprintf("blocks.%d.", stage)); stage++ {
			for i := 0; t.has(fmt.Sprintf("blocks.%d.%d.", stage, i)); i++ {
				blocks = append(blocks, fmt.Sprintf("blocks.%d.%d", stage, i))
			}
		}
		return blocks, "conv_head"
	},
	unneeded: func(name string) bool { return strings.HasSuffix(name, ".num_batches_tracked") },
}

func torchPart(scope, norm string) part { return part{scope, ".weight", norm, oihw} }

// tensorFlow is the naming of the official repository's TensorFlow code, which is built on tensorpack: a layer's variables lie
// in a scope, W and b for the layers of tensorpack. A batch norm lies in the scope of the convolution that it follows, and is
// called bn, or output where the code passes that name to a batch norm without relu.
var tensorFlow = &naming{
	framework: "TensorFlow", separator: "/",
	stem: part{"Conv2d_0", "/W", "Conv2d_0/bn", hwio}, head: part{"", "/W", "/bn", hwio}, classifier: part{"Logits/Conv2d_1c_1x1", "/W", "", hwio},
	plain:     part{"", "/W", "/bn", hwio},
	first:     tensorFlowGhost("_up_pointwise", "/bn"),
	last:      tensorFlowGhost("_down_pointwise", "/output"),
	depthwise: part{"_depthwise", "/W", "_depthwise/output", hwim},
	reduce:    part{"_se/fc1", "/W", "", hwio}, expand: part{"_se/fc2", "/W", "", hwio},
	shortcut: [2]part{{"_shortcut_dw", "/W", "_shortcut_dw/output", hwim}, {"_shortcut_1x1", "/W", "_shortcut_1x1/bn", hwio}},
	bias:     "/b",
	norm:     map[string]string{"biases": "/beta", "scales": "/gamma", "rolling_mean": "/mean/EMA", "rolling_variance": "/variance/EMA"},
	epsilon:  1.001e-5, // tensorpack asks for 1e-5, and TensorFlow's fused batch norm takes no less than this
	gate:     gate{1, 0},
	same:     true, reversed: true,
	blocks: func(t *tensors) (blocks []string, head string) {
		for i := 1; t.has(fmt.Sprintf("Conv2d_%d_", i)) || t.has(fmt.Sprintf("Conv2d_%d/", i)); i++ {
			blocks = append(blocks, fmt.Sprintf("Conv2d_%d", i))
		}
		if len(blocks) == 0 {
			return nil, "Conv2d_1"
		}
		return blocks[:len(blocks)-1], blocks[len(blocks)-1]
	},
	unneeded: func(name string) bool {
		inTraining := []string{"global_step", "learning_rate", "beta1_power", "beta2_power"}
		slots := []string{"/Momentum", "/Adam", "/Adam_1", "/RMSProp", "/RMSProp_1"}
		return strings.HasPrefix(name, "EMA/") || slices.Contains(inTraining, name) ||
			slices.ContainsFunc(slots, func(slot string) bool { return strings.HasSuffix(name, slot) })
	},
}

func tensorFlowGhost(scope, cheapNorm string) ghostParts {
	return ghostParts{part{scope + "/conv1", "/W", scope + "/conv1/bn", hwio}, part{scope + "/dw1", "/DW", scope + "/dw1" + cheapNorm, hwim}}
}

// in returns the part of a block, or of what else has that name.
func (p part) in(block string) part {
	p.scope = block + p.scope
	if p.norm != "" {
		p.norm = block + p.norm
	}
	return p
}

// weights names the tensor with the weights.
func (p part) weights() string { return p.scope + p.weight }

// filters returns what the extents of a convolution's weights tell: filters, kernel, and the channels that each
// filter reads.
func (k kernel) filters(dims []int) (f Filters, channels int) {
	extent := func(i int) int {
		if i < len(k.axes) && k.axes[i] < len(dims) {
			return dims[k.axes[i]]
		}
		return 0
	}
	f, channels = Filters{extent(0), extent(2)}, extent(1)
	if k.perChannel {
		f.N, channels = f.N*channels, 1
	}
	return f, channels
}

// dims returns the extents that the weights of a convolution must have, 0 for those that aren't known.
func (k kernel) dims(f Filters, in, groups int) []int {
	extents := []int{f.N, in / groups, f.Size, f.Size}
	if k.perChannel {
		extents[0], extents[1] = in, 0
		if in > 0 {
			extents[1] = f.N / in
		}
	}
	dims := make([]int, len(k.axes))
	for i, axis := range k.axes {
		dims[axis] = extents[i]
	}
	return dims
}
