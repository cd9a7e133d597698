package diagram

import "github.com/ghostdark/ghostdark/layers"

// Kind is what layers do, in so few words that each can have a colour.
type Kind int

// The kinds.
const (
	Convolution Kind = iota
	Depthwise        // a convolution of each map by itself
	Connected        // all values with all others: [connected], recurrent layers
	Window           // poolings, and what changes extents otherwise
	Joint            // several inputs: [route], [shortcut], [scale_channels], [sam]
	Result           // detection heads, softmax, losses
	Other            // value by value: dropout, activations, norms
	Block            // several layers
	kinds
)

var kindNames = [kinds]string{"convolution", "depthwise", "connected", "window", "joint", "result", "other", "block"}

// String names the kind.
func (k Kind) String() string { return kindNames[k] }

func kindOf(l *layers.Layer) Kind {
	switch l.Op.(type) {
	case *layers.Convolutional, *layers.Deconvolutional, *layers.Local:
		if l.Geometry().Depthwise {
			return Depthwise
		}
		return Convolution
	case *layers.Connected, *layers.RNN, *layers.GRU, *layers.LSTM, *layers.CRNN, *layers.ConvLSTM:
		return Connected
	case *layers.MaxPool, *layers.MaxPoolDepth, *layers.AvgPool, *layers.LocalAvgPool, *layers.Upsample, *layers.Reorg, *layers.Crop:
		return Window
	case *layers.Route, *layers.Shortcut, *layers.ScaleChannels, *layers.SAM:
		return Joint
	case layers.Head, layers.Classifier, layers.Loss, layers.Contrastive:
		return Result
	}
	return Other
}
