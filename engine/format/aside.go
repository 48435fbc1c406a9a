package format

// passOver puts a row that could not be read aside and gives nil, or gives err if that is not to be done.
func (r *rows) passOver(row []byte, err error) error {
	if r.aside == nil || r.taker != nil {
		return err
	}
	r.undo()
	return r.aside(r.line, row, err)
}

// take reads one row without its newline, or passes over it.
func (d *csvReader) take(row []byte, quotes, cr bool) error {
	names := d.header != NoHeader
	err := d.record(row, quotes, cr)
	if err != nil && !names {
		err = d.passOver(row, err)
	}
	return err
}

// take reads one row without its newline, or passes over it.
func (d *textReader) take(row []byte) error {
	names := d.header != NoHeader
	err := d.record(row)
	if err != nil && !names {
		err = d.passOver(row, err)
	}
	return err
}

// take reads one line, or passes over it.
func (d *jsonReader) take(row []byte) error {
	err := d.object(row)
	if err != nil {
		err = d.passOver(row, err)
	}
	return err
}
