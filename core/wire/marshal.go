package wire

// Marshal encodes a frame that the gateway made itself. It panics where that is not possible: no
// field of such a frame can be wrong.
func Marshal(f *ServerFrame) []byte {
	b, err := f.MarshalVT()
	if err != nil {
		panic("wire: a frame can't be marshalled: " + err.Error())
	}
	return b
}
