{% macro extract(archive, directory) -%}
{% if archive.zip -%}
unzip -q "$sources"/{{ archive.file }} -d {{ directory }}
{% else -%}
tar --no-same-owner -xf "$sources"/{{ archive.file }} -C {{ directory }}
{% endif -%}
{% endmacro -%}
{% block enter -%}
mkdir -p "$work"
cd "$work"
{% endblock -%}
{% block unpack -%}
{% if let Some(archive) = own -%}
{% match archive.top -%}
{% when Top::Only -%}
mkdir unpack
{% call extract(archive, "unpack") %}{% endcall -%}
mv unpack/* src
rmdir unpack
{% when Top::Named with (directory) -%}
mkdir unpack
{% call extract(archive, "unpack") %}{% endcall -%}
mv unpack/{{ directory }} src
{% when Top::Nothing -%}
mkdir src
{% call extract(archive, "src") %}{% endcall -%}
{% endmatch -%}
{% else -%}
mkdir src
{% endif -%}
{% for archive in further -%}
{% if let Top::Nothing = archive.top -%}
mkdir ./{{ archive.stem }}
{% call extract(archive, archive.stem) %}{% endcall -%}
{% else -%}
{% call extract(archive, ".") %}{% endcall -%}
{% endif -%}
{% endfor -%}
cd src
{% for patch in patches -%}
patch -Np{{ patch.strip }} -i "$sources"/{{ patch.file }}
{% endfor -%}
{% endblock -%}
{% block subdir -%}
mkdir -p "$work"/src{% if let Some(directory) = subdir %}/{{ directory }}{% endif %}
{% endblock -%}
