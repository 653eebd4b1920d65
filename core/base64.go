package core

// base64Digits are those of standard Base64.
const base64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// toBase64 returns the standard encoding. Package encoding/base64 would add tables of Unicode
// to every page's wasm.
func toBase64(b []byte) string {
	var out []byte
	for ; len(b) > 0; b = b[min(3, len(b)):] {
		var group [3]byte
		n := copy(group[:], b)
		bits := uint32(group[0])<<16 | uint32(group[1])<<8 | uint32(group[2])
		for i := range 4 {
			if i <= n {
				out = append(out, base64Digits[bits>>(18-6*i)&63])
			} else {
				out = append(out, '=')
			}
		}
	}
	return string(out)
}
