package detect

// Fit says how a picture was placed into the network's input: stretched over all of it, or as
// a letterbox with the picture's proportions kept and grey bars at two sides.
type Fit struct {
	NetW, NetH     int
	ImageW, ImageH int
	Letterbox      bool
}

// Size returns the size in pixels that the picture has inside the network's input. A
// letterbox touches two sides; its other extent is rounded down, to 1 at least.
func (f Fit) Size() (w, h int) {
	switch {
	case !f.Letterbox || f.ImageW <= 0 || f.ImageH <= 0:
		return f.NetW, f.NetH
	case float32(f.NetW)/float32(f.ImageW) < float32(f.NetH)/float32(f.ImageH):
		return f.NetW, max(1, f.ImageH*f.NetW/f.ImageW)
	default:
		return max(1, f.ImageW*f.NetH/f.ImageH), f.NetH
	}
}

// Offset returns the pixel of the network's input that the picture's top left pixel lies on.
func (f Fit) Offset() (x, y int) {
	w, h := f.Size()
	return (f.NetW - w) / 2, (f.NetH - h) / 2
}

// Correct turns a box relative to the network's input into one relative to the picture, as
// darknet's correct_yolo_boxes: bars of an odd sum are taken to be halves of a pixel wide,
// although the picture lies on whole pixels. The box is not clipped.
func (f Fit) Correct(b Box) Box {
	if !f.Letterbox {
		return b
	}
	w, h := f.Size()
	ratioW := float32(w) / float32(f.NetW)
	ratioH := float32(h) / float32(f.NetH)
	return Box{
		X: inner(b.X, f.NetW, w, ratioW),
		Y: inner(b.Y, f.NetH, h, ratioH),
		W: b.W * (1 / ratioW),
		H: b.H * (1 / ratioH),
	}
}

// inner maps a relative position along net pixels to one along the middle size of them.
func inner(x float32, net, size int, ratio float32) float32 {
	bar := float64(net-size) / 2 / float64(net)
	return float32((float64(x) - bar) / float64(ratio))
}
