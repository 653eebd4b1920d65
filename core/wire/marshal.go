package wire

// Marshal encodes a frame that the gateway made itself. It panics if that fails, because only
// a bug can put a wrong field into such a frame.
func Marshal(f *ServerFrame) []byte {
	b, err := f.MarshalVT()
	if err != nil {
		panic("wire: a frame can't be marshalled: " + err.Error())
	}
	return b
}
