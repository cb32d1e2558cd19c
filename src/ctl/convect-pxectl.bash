# bash completion for convect-pxectl(8)
_convect_pxectl()
{
	local commands='status show events why render inventory check reinstall
		image template dashboard'
	local options='--output --socket --state-dir --inventory --templates-dir
		--yes --show-secrets --no-color --help --version'
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local command='' i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-o | --output | -i | --inventory | --socket | --state-dir | \
			--templates-dir) ((i++)) ;;
		-*) ;;
		*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	COMPREPLY=()
	case $before in
	-o | --output)
		mapfile -t COMPREPLY < <(compgen -W 'table json' -- "$word")
		return
		;;
	-i | --inventory | --socket | --vars | --kernel | --initrd | --iso)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--state-dir | --templates-dir)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	esac
	case $command in
	'') options="$options $commands" ;;
	status) options="$options --watch" ;;
	events) options="$options --follow --since --limit" ;;
	inventory) options="$options --list --host" ;;
	reinstall) options="$options --wait" ;;
	template) options="$options --vars" ;;
	render) options="$options user-data meta-data vendor-data
		network-config boot" ;;
	image) options="$options add list verify remove --name --sha256
		--kernel --initrd --iso --kernel-args --force" ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	if [[ $command == template || $command == image ]]; then
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
	elif [[ $command =~ ^(status|show|events|why|render|reinstall)$ ]]; then
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W \
			"$(convect-pxectl status -o json 2>/dev/null |
				sed -n 's/^    "name": "\([^"]*\)".*/\1/p')" -- "$word")
	fi
}
complete -F _convect_pxectl convect-pxectl
