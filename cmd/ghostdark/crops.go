package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/ghostdark/ghostdark/picture"
	"github.com/ghostdark/ghostdark/source"
)

// chooseBlurred finds the classes of --blur.
func chooseBlurred(wanted []string, names classNames, classes int) (func(class int) bool, error) {
	if slices.Contains(wanted, "all") && !slices.Contains(names, "all") {
		return func(int) bool { return true }, nil
	}
	chosen, err := chooseClasses("blur", wanted, names, classes)
	return func(class int) bool { return slices.Contains(chosen, class) }, err
}

// blur gives the picture without what is to be unrecognizable.
func (d *detector) blur(j *job) *picture.Image {
	if j.drawn != nil || len(d.options.blur) == 0 {
		if j.drawn == nil {
			j.drawn = j.image
		}
		return j.drawn
	}
	j.drawn = j.image.Clone()
	for _, f := range j.found {
		if d.blurred(f.Class) {
			j.drawn.Pixelate(j.drawn.Rect(label(f, j.drawn)))
		}
	}
	return j.drawn
}

// writeFiles writes crops, cut from the picture without what is blurred.
func (d *detector) writeFiles(j *job) error {
	if d.options.crops == "" {
		return nil
	}
	at := time.Now()
	counts := map[string]int{}
	for _, f := range j.found {
		img := d.blur(j)
		r := img.Rect(label(f, img))
		if d.blurred(f.Class) || r.Empty() {
			continue
		}
		folder := filepath.Join(d.options.crops, source.SafeName(d.names.of(f.Class)), filepath.FromSlash(path.Dir(j.item.Stem)))
		counts[folder]++
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		file := filepath.Join(folder, fmt.Sprintf("%s-%d.jpg", path.Base(j.item.Stem), counts[folder]))
		if err := picture.Save(file, img.Crop(r)); err != nil {
			return err
		}
	}
	j.took.Encode += lap(&at)
	return nil
}
