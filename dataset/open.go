package dataset

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// OpenData reads the labels of the pictures that a .data file lists under a key, such as valid or
// train, as darknet's detector does. A list under difficult, with as many pictures, gives objects
// that needn't be found.
func OpenData(d *Data, key string, classes Classes) (*Set, error) {
	pictures, findings, err := d.List(key)
	if err != nil {
		return nil, err
	}
	set := &Set{Findings: findings}
	for _, picture := range pictures {
		set.add(picture, LabelPaths(picture), &classes)
	}
	if key != "valid" || !d.Has("difficult") {
		return set, nil
	}
	difficult, more, err := d.List("difficult")
	if err != nil {
		return nil, err
	}
	set.Findings = append(set.Findings, more...)
	if len(difficult) != len(pictures) {
		return nil, fmt.Errorf("%s: difficult = lists %d pictures, valid = %d; the lists must belong together line by line", d.Path, len(difficult), len(pictures))
	}
	for i, picture := range difficult {
		aside := Set{}
		aside.add(picture, LabelPaths(picture), &classes)
		for _, o := range aside.Pictures[0].Objects {
			o.Difficult = true
			set.Pictures[i].Objects = append(set.Pictures[i].Objects, o)
		}
		set.Findings = append(set.Findings, aside.Findings...)
	}
	return set, nil
}

// Open reads labels for pictures: from a .json file in COCO's format, from a folder of .txt files in
// darknet's or of .xml files in Pascal VOC's format, or, when labels is "", from .txt files
// where darknet has them, see LabelPaths. folder is the one that holds the pictures; below labels
// and below it, paths are the same. A .json file lists the pictures itself; there, folder only is needed.
func Open(folder string, pictures []string, labels string, classes Classes) (*Set, error) {
	if IsCOCO(labels) {
		file, err := openCOCO(labels)
		if err != nil {
			return nil, err
		}
		return file.set(folder, classes)
	}
	set := &Set{}
	if labels == "" {
		for _, picture := range pictures {
			set.add(picture, LabelPaths(picture), &classes)
		}
		return set, nil
	}
	if info, err := os.Stat(labels); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s: neither a folder of .txt or .xml files nor COCO's .json", labels)
	}
	in := labelFolder{folder, labels}
	ext, err := in.format(pictures)
	if err != nil {
		return nil, err
	}
	if ext == ".xml" && len(classes.Names) == 0 && classes.Count > 0 {
		return nil, fmt.Errorf("%s: Pascal VOC's labels name classes, but there are no names to compare with; give them with --names", labels)
	}
	for _, picture := range pictures {
		set.add(picture, in.files(picture, ext), &classes)
	}
	if ext == ".xml" {
		set.Names = classes.Names
	}
	return set, nil
}

// IsCOCO reports whether labels are a file in COCO's format, by its extension.
func IsCOCO(labels string) bool { return strings.EqualFold(filepath.Ext(labels), ".json") }

// labelFolder is a folder of labels for the pictures in another one.
type labelFolder struct{ pictures, labels string }

// format tells the extension of the labels.
func (f labelFolder) format(pictures []string) (ext string, err error) {
	found := map[string]string{}
	for _, picture := range pictures {
		for _, ext := range []string{".txt", ".xml"} {
			if file, there := existing(f.files(picture, ext)); there && found[ext] == "" {
				found[ext] = file
			}
		}
		if len(found) == 2 {
			return "", fmt.Errorf("%s: holds labels in two formats, %s and %s; keep them in folders of their own", f.labels, found[".txt"], found[".xml"])
		}
	}
	for ext := range found {
		return ext, nil
	}
	return "", fmt.Errorf("%s: holds no label file for the %s in %s, such as %s or .xml", f.labels, counted(len(pictures), "picture"), f.pictures, f.files(pictures[0], ".txt")[0])
}

// files gives the label files that a picture may have: below the folder as the picture is below
// its own, or right in it.
func (f labelFolder) files(picture, ext string) []string {
	file := withExtension(picture, ext)
	right := filepath.Join(f.labels, filepath.Base(file))
	below, err := filepath.Rel(f.pictures, file)
	if err != nil || below == filepath.Base(file) || strings.HasPrefix(below, "..") {
		return []string{right}
	}
	return []string{filepath.Join(f.labels, below), right}
}

// existing returns the first of some files that is there, or the first one.
func existing(files []string) (file string, found bool) {
	for _, file := range files {
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			return file, true
		}
	}
	return files[0], false
}

// add appends a picture with the labels in the first of those files that is there.
func (s *Set) add(picture string, files []string, classes *Classes) {
	file, found := existing(files)
	if !found {
		s.Findings.add(file, 0, Warning, Missing, "there is no such label file for %s; one for a picture without objects is empty", picture)
		s.Pictures = append(s.Pictures, Picture{Path: picture})
		return
	}
	p := Picture{Path: picture, Labels: file}
	if objects, again := s.read[file]; again { // its findings are told already
		p.Objects = objects
		s.Pictures = append(s.Pictures, p)
		return
	}
	switch text, err := readText(file, "labels"); {
	case err != nil:
		s.Findings.add(file, 0, Error, Unreadable, "%v", reason(err, file))
	case strings.HasSuffix(file, ".xml"):
		p.Objects = readVOC(file, text, classes, &s.Findings)
	default:
		p.Objects = readYOLO(file, text, *classes, &s.Findings)
	}
	if s.read == nil {
		s.read = map[string][]Object{}
	}
	s.read[file] = p.Objects
	s.Pictures = append(s.Pictures, p)
}

// reason is an error without the file that it begins with.
func reason(err error, file string) error {
	var broken *fs.PathError
	if errors.As(err, &broken) {
		return broken.Err
	}
	return errors.New(strings.TrimPrefix(err.Error(), file+": "))
}
