{% block configure -%}
meson setup{% for word in configure %} {{ word }}{% endfor %} {{ top }}
{% endblock %}
{% block build -%}
ninja -j"$jobs"{% for word in make %} {{ word }}{% endfor %}
{% endblock %}
{% block install -%}
ninja install{% for word in install %} {{ word }}{% endfor %}
{% endblock %}
