package rest

// Operations are method and path of each operation of the control API, by name.
func Operations() map[string][2]string {
	all := map[string][2]string{}
	for _, o := range operations {
		all[o.name] = [2]string{o.method, "/" + o.path}
	}
	return all
}
