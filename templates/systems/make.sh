{% block configure %}{% endblock %}
{% block build -%}
make -j"$jobs"{% for word in make %} {{ word }}{% endfor %}
{% endblock %}
{% block install -%}
make install{% for word in install %} {{ word }}{% endfor %}
{% endblock %}
