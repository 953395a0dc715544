{% block configure -%}
{{ top }}/configure{% for word in configure %} {{ word }}{% endfor %}
{% endblock %}
{% block build -%}
make -j"$jobs"{% for word in make %} {{ word }}{% endfor %}
{% endblock %}
{% block install -%}
make install{% for word in install %} {{ word }}{% endfor %}
{% endblock %}
